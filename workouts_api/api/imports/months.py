"""The names of the months in many languages. The table is checked in, so the machine's locale has no effect.

It holds the wide and abbreviated forms of Unicode's CLDR, inside a date and standing alone. It also holds the
abbreviations of apps' date libraries where they differ. A word is looked up as a whole, because its first three letters
are not enough (Finnish "marras" is November, French "juin" and "juil." are two months). No word of the table means two
months. Croatian is left out: its "listopad" and "lipanj" are October and June, and in Polish November and July.
"""

from __future__ import annotations

import unicodedata
from functools import cache

# Each line is a language with its twelve months. Strokes separate the forms of a month. Lower case, without dots.
_LANGUAGES = """
january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sep|sept october|oct november|nov december|dec
januar|jan|jänner|jän februar|feb|feber märz|mär|mrz april|apr mai juni|jun juli|jul august|aug september|sept|sep oktober|okt november|nov dezember|dez
janvier|janv|jan février|févr|fév mars avril|avr mai juin juillet|juil|juill août septembre|sept octobre|oct novembre|nov décembre|déc
enero|ene febrero|feb marzo|mar abril|abr mayo|may junio|jun julio|jul agosto|ago septiembre|setiembre|sept|sep octubre|oct noviembre|nov diciembre|dic
gennaio|gen febbraio|feb marzo|mar aprile|apr maggio|mag giugno|giu luglio|lug agosto|ago settembre|set ottobre|ott novembre|nov dicembre|dic
janeiro|jan fevereiro|fev março|mar abril|abr maio|mai junho|jun julho|jul agosto|ago setembro|set outubro|out novembro|nov dezembro|dez
januari|jan februari|feb maart|mrt april|apr mei juni|jun juli|jul augustus|aug september|sep|sept oktober|okt november|nov december|dec
styczeń|stycznia|sty luty|lutego|lut marzec|marca|mar kwiecień|kwietnia|kwi maj|maja czerwiec|czerwca|cze lipiec|lipca|lip sierpień|sierpnia|sie wrzesień|września|wrz październik|października|paź listopad|listopada|lis grudzień|grudnia|gru
январь|января|янв февраль|февраля|фев|февр март|марта|мар апрель|апреля|апр май|мая июнь|июня|июн июль|июля|июл август|августа|авг сентябрь|сентября|сен|сент октябрь|октября|окт ноябрь|ноября|ноя|нояб декабрь|декабря|дек
січень|січня|січ лютий|лютого|лют березень|березня|бер|берез квітень|квітня|кві|квіт травень|травня|тра|трав червень|червня|чер|черв липень|липня|лип серпень|серпня|сер|серп вересень|вересня|вер|верес жовтень|жовтня|жов|жовт листопад|листопада|лис|лист грудень|грудня|гру|груд
ocak|oca şubat|şub mart|mar nisan|nis mayıs|may haziran|haz temmuz|tem ağustos|ağu eylül|eyl ekim|eki kasım|kas aralık|ara
januari|jan februari|feb mars|mar april|apr maj juni|jun juli|jul augusti|aug september|sep|sept oktober|okt november|nov december|dec
januar|jan februar|feb marts|mars|mar april|apr maj juni|jun juli|jul august|aug september|sep|sept oktober|okt november|nov december|dec
januar|jan februar|feb mars|mar april|apr mai juni|jun juli|jul august|aug september|sep|sept oktober|okt november|nov desember|des
tammikuu|tammikuuta|tammi helmikuu|helmikuuta|helmi maaliskuu|maaliskuuta|maalis huhtikuu|huhtikuuta|huhti toukokuu|toukokuuta|touko kesäkuu|kesäkuuta|kesä heinäkuu|heinäkuuta|heinä elokuu|elokuuta|elo syyskuu|syyskuuta|syys lokakuu|lokakuuta|loka marraskuu|marraskuuta|marras joulukuu|joulukuuta|joulu
leden|ledna|led únor|února|úno březen|března|bře duben|dubna|dub květen|května|kvě červen|června|čvn červenec|července|čvc srpen|srpna|srp září|zář říjen|října|říj listopad|listopadu|lis prosinec|prosince|pro
január|januára|jan február|februára|feb marec|marca|mar apríl|apríla|apr máj|mája jún|júna júl|júla august|augusta|aug september|septembra|sep|sept október|októbra|okt november|novembra|nov december|decembra|dec
január|jan február|febr|feb március|márc április|ápr május|máj június|jún július|júl augusztus|aug szeptember|szept október|okt november|nov december|dec
ianuarie|ian februarie|feb|febr martie|mar|mart aprilie|apr mai iunie|iun iulie|iul august|aug septembrie|sept octombrie|oct noiembrie|nov decembrie|dec
gener|gen febrer|febr març abril|abr maig juny juliol|jul agost|ag setembre|set octubre|oct novembre|nov desembre|des
ιανουάριος|ιανουαρίου|ιαν φεβρουάριος|φεβρουαρίου|φεβ μάρτιος|μαρτίου|μαρ|μάρ απρίλιος|απριλίου|απρ μάιος|μαΐου|μαΐ|μάι ιούνιος|ιουνίου|ιουν|ιούν ιούλιος|ιουλίου|ιουλ|ιούλ αύγουστος|αυγούστου|αυγ|αύγ σεπτέμβριος|σεπτεμβρίου|σεπ|σεπτ οκτώβριος|οκτωβρίου|οκτ νοέμβριος|νοεμβρίου|νοε|νοέ δεκέμβριος|δεκεμβρίου|δεκ
януари|яну февруари|фев март април|апр май юни юли август|авг септември|сеп октомври|окт ноември|ное декември|дек
januari|jan februari|feb maret|mar april|apr mei juni|jun juli|jul agustus|agu|agt september|sep oktober|okt november|nov desember|des
"""  # noqa: E501 – a language a line


def folded(text: str) -> str:
    """The text in the form in which dates are read: NFKC, lower case, single blanks (also for no-break spaces)."""
    if text.isascii():
        return " ".join(text.lower().split())
    bare = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(unicodedata.normalize("NFKC", bare).translate(_UNSEEN).split())  # casefold decomposes ΐ


_UNSEEN = dict.fromkeys((0x200E, 0x200F, 0x061C, 0xFEFF, 0x0307))  # marks of direction; the dot of a lowered Turkish İ


def month_of(word: str) -> int:
    """The month, 1 to 12, that a whole folded word means in one of the languages. Also takes ``3月`` and ``3월``.

    :raises KeyError: if the word is not a month.
    """
    if word[-1] in "月월":
        return {str(number): number for number in range(1, 13)}[word[:-1].strip().lstrip("0")]
    return _months()[word]


@cache
def _months() -> dict[str, int]:
    months: dict[str, int] = {}
    for line in _LANGUAGES.split("\n")[1:-1]:
        for number, forms in enumerate(line.split(" "), start=1):
            for form in forms.split("|"):
                word = folded(form)
                if months.setdefault(word, number) != number:
                    raise ValueError(f"{form!r} would mean two months.")
    for word, number in tuple(months.items()):
        months.setdefault(_without_accents(word), number)  # for exports that lost the accents: "aout", "fevr."
    return months


def _without_accents(word: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    return bare.replace("ı", "i")  # the Turkish lower-case I without a dot counts as i
