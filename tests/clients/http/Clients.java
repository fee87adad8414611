import java.io.IOException;
import java.io.InputStream;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.PasswordAuthentication;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.regex.Pattern;

/** Java's own two clients: each mints, uses the token, and is refused. Takes a client's name; prints a line a case. */
public final class Clients {
    private static final String USER = System.getenv("ZONEMINT_USER");
    private static final String PASSWORD = System.getenv("ZONEMINT_PASSWORD");
    private static final String ACCOUNT = System.getenv("ZONEMINT_URL") + "/api/v3/onezone/user";
    private static final URI MINT = URI.create(ACCOUNT + "/client_tokens");
    private static final Pattern TOKEN = Pattern.compile("\"token\":\"([^\"]+)\"");

    private interface Case {
        String run() throws Exception;
    }

    private static String show(String name, Case run) {
        String outcome;
        try {
            outcome = run.run();
        } catch (Exception error) {
            outcome = error.getClass().getSimpleName() + ": " + error.getMessage();
        }
        System.out.println(name + "\t" + outcome.strip());
        var token = TOKEN.matcher(outcome);
        return token.find() ? token.group(1) : "";
    }

    private static String basic(String password) {
        byte[] pair = (USER + ":" + password).getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(pair);
    }

    private static Authenticator authenticator(String password) {
        return new Authenticator() {
            @Override
            protected PasswordAuthentication getPasswordAuthentication() {
                return new PasswordAuthentication(USER, password.toCharArray());
            }
        };
    }

    private static String told(HttpResponse<String> answer) {
        return answer.statusCode() + " " + answer.body();
    }

    private static HttpRequest.Builder mint(String body) {
        var publisher = body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body);
        return HttpRequest.newBuilder(MINT).header("Content-Type", "application/json").POST(publisher);
    }

    private static void httpClient(HttpClient.Version version, String how) {
        HttpClient client = HttpClient.newBuilder().version(version).build();
        HttpClient knows = HttpClient.newBuilder().version(version).authenticator(authenticator(PASSWORD)).build();
        HttpClient guesses = HttpClient.newBuilder().version(version).authenticator(authenticator("wrong")).build();
        String token = show("mint" + how, () -> told(client.send(
            mint("{}").header("Authorization", basic(PASSWORD)).build(), BodyHandlers.ofString())));
        show("mint by Authenticator" + how, () -> told(knows.send(mint("").build(), BodyHandlers.ofString())));
        show("use" + how, () -> told(client.send(
            HttpRequest.newBuilder(URI.create(ACCOUNT)).header("X-Auth-Token", token).build(), BodyHandlers.ofString())));
        show("refused" + how, () -> told(client.send(
            mint("{}").header("Authorization", basic("wrong")).build(), BodyHandlers.ofString())));
        show("refused by Authenticator" + how, () -> told(guesses.send(mint("{}").build(), BodyHandlers.ofString())));
    }

    private static HttpURLConnection connection(String url, String name, String value) throws IOException {
        var connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
        connection.setRequestProperty(name, value);
        return connection;
    }

    private static String told(HttpURLConnection connection) throws IOException {
        int status = connection.getResponseCode();
        InputStream body = status < 400 ? connection.getInputStream() : connection.getErrorStream();
        return status + " " + (body == null ? "(no text)" : new String(body.readAllBytes(), StandardCharsets.UTF_8));
    }

    private static String post(HttpURLConnection connection, String body) throws IOException {
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        if (!body.isEmpty()) {
            connection.setRequestProperty("Content-Type", "application/json");
        }
        try (var out = connection.getOutputStream()) {
            out.write(body.getBytes(StandardCharsets.UTF_8));
        }
        return told(connection);
    }

    private static void urlConnection() {
        String url = MINT.toString();
        String token = show("mint", () -> post(connection(url, "Authorization", basic(PASSWORD)), ""));
        show("mint with {}", () -> post(connection(url, "Authorization", basic(PASSWORD)), "{}"));
        show("use", () -> told(connection(ACCOUNT, "X-Auth-Token", token)));
        show("refused", () -> post(connection(url, "Authorization", basic("wrong")), "{}"));
        show("mint by Authenticator", () -> {
            var connection = connection(url, "Accept", "application/json");
            connection.setAuthenticator(authenticator(PASSWORD));
            return post(connection, "{}");
        });
        show("refused, streamed", () -> {
            var connection = connection(url, "Authorization", basic("wrong"));
            connection.setChunkedStreamingMode(0);
            return post(connection, "{}");
        });
    }

    public static void main(String[] arguments) {
        System.out.println("version\t" + Runtime.version());
        if (arguments[0].equals("HttpClient")) {
            httpClient(HttpClient.Version.HTTP_1_1, " over HTTP/1.1");
            httpClient(HttpClient.Version.HTTP_2, " over HTTP/2");
        } else {
            urlConnection();
        }
    }
}
