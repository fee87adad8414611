import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;
import java.util.regex.Pattern;

/** Gets a token for one hour, uses it, and asks the server whether it is good. Java 17 or later. */
public final class FirstToken {
    private static final String API = "https://" + System.getenv("ONEZONE_HOST") + "/api/v3/onezone";
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private static String call(String method, String path, String header, String value, String body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(API + path))
            .method(method, BodyPublishers.ofString(body))
            .header("Content-Type", "application/json")
            .header(header, value)
            .build();
        var answer = CLIENT.send(request, BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            System.err.println(answer.statusCode() + " " + answer.body());
            System.exit(1);
        }
        return answer.body();
    }

    /** Java has no JSON of its own: this finds the value of a key that is a name, a token or a number. Programs use a library. */
    private static String value(String json, String key) {
        var found = Pattern.compile("\"" + key + "\":\"?([^\",}]+)").matcher(json);
        if (!found.find()) {
            throw new IllegalStateException("the answer has no " + key);
        }
        return found.group(1);
    }

    public static void main(String[] arguments) throws Exception {
        var nameAndPassword = System.getenv("ONEZONE_BASIC_AUTH").getBytes("UTF-8");
        var basic = "Basic " + Base64.getEncoder().encodeToString(nameAndPassword);
        var token = value(call("POST", "/user/client_tokens", "Authorization", basic, "{\"ttl\": 3600}"), "token");
        var name = value(call("GET", "/user", "X-Auth-Token", token, ""), "username");
        var verdict = call("POST", "/tokens/verify_access_token", "Accept", "*/*", "{\"token\": \"" + token + "\"}");
        var minutes = Math.round(Long.parseLong(value(verdict, "ttl")) / 60.0);
        System.out.println(name + " has a token for " + minutes + " minutes");
    }
}
