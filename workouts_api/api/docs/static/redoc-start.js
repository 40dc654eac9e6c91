// ReDoc asks a server of its maker for its logo, and has no option against that. The policy forbids it, which is an error in
// the console. So the address is not set, and ReDoc is told what it would be told: that the image failed.
"use strict";
const { setAttribute } = Element.prototype;
const { set: setSource, ...source } = Object.getOwnPropertyDescriptor(HTMLImageElement.prototype, "src");

const isLogo = (value) => String(value).startsWith("https://cdn.redoc.ly/");
const fail = (image) => setTimeout(() => image.dispatchEvent(new Event("error")));

HTMLImageElement.prototype.setAttribute = function (name, value) {
  if (name === "src" && isLogo(value)) fail(this);
  else setAttribute.call(this, name, value);
};
Object.defineProperty(HTMLImageElement.prototype, "src", {
  ...source,
  set(value) {
    if (isLogo(value)) fail(this);
    else setSource.call(this, value);
  },
});
