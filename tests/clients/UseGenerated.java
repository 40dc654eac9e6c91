// What somebody does with the client that openapi-generator makes for Java. Run by test_generated_clients.py.
// Arguments: the API's address, username, password, a file to upload.

import java.io.File;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.AccountApi;
import org.openapitools.client.api.AuthApi;
import org.openapitools.client.api.ExercisesApi;
import org.openapitools.client.api.ImportsApi;
import org.openapitools.client.api.ReportsApi;
import org.openapitools.client.api.SessionsApi;
import org.openapitools.client.model.Credentials;
import org.openapitools.client.model.Session;
import org.openapitools.client.model.SessionExerciseInput;
import org.openapitools.client.model.SessionInput;
import org.openapitools.client.model.SessionPatch;
import org.openapitools.client.model.SessionSummary;
import org.openapitools.client.model.SessionSummaryPage;
import org.openapitools.client.model.WorkoutSetInput;

public class UseGenerated {
  static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  public static void main(String[] args) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(args[0]);
    Credentials credentials = new Credentials().username(args[1]).password(args[2]);
    String token = new AuthApi(client).login(credentials).getAccessToken();
    client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + token));
    check(new AccountApi(client).getMe(null).getUsername().equals(args[1]), "me");

    var report = new ImportsApi(client).createImport(new File(args[3]), "Europe/Berlin", null, null, null, null);
    check(report.getSessionsAdded() == 3 && report.getRejected().isEmpty(), "import");

    SessionsApi sessions = new SessionsApi(client);
    Set<Integer> seen = new HashSet<>();
    String cursor = null;
    do {
      SessionSummaryPage page = sessions.listSessions(2, cursor, null, null, null, null, null, null, null);
      for (SessionSummary session : page.getItems()) {
        check(seen.add(session.getId()), "a session twice");
      }
      cursor = page.getNextCursor();
    } while (cursor != null);
    check(seen.size() == 3, "pages");

    int exercise = new ExercisesApi(client).listExercises(1, null, "squat", null, null, null, null).getItems().get(0).getId();
    WorkoutSetInput set = new WorkoutSetInput().reps(5).weightKg(java.math.BigDecimal.valueOf(100));
    SessionInput made =
        new SessionInput()
            .title("By a generated client")
            .startedAt(OffsetDateTime.parse("2026-02-01T10:00:00Z"))
            .exercises(List.of(new SessionExerciseInput().exerciseId(exercise).sets(List.of(set))));
    String key = java.util.UUID.randomUUID().toString();
    Session session = sessions.createSession(made, null, key);
    check(sessions.createSession(made, null, key).getId().equals(session.getId()), "idempotency");
    var found = sessions.getSessionWithHttpInfo(session.getId(), null);
    String etag = found.getHeaders().get("etag").get(0);
    Session edited = sessions.patchSession(session.getId(), new SessionPatch().title("Edited"), null, etag);
    check(edited.getTitle().equals("Edited") && edited.getVersion() == session.getVersion() + 1, "edit");
    try {
      sessions.patchSession(session.getId(), new SessionPatch().title("Late"), null, etag);
      throw new AssertionError("a stale ETag was taken");
    } catch (ApiException error) {
      check(error.getCode() == 412, "a stale ETag");
    }
    LocalDate first = LocalDate.of(2026, 1, 1);
    var figures = new ReportsApi(client).getTrainingReport(null, first, first.plusDays(30), null, null);
    check(figures.getTotals().getSessions() == 3, "report");
    System.out.println("used");
  }
}
