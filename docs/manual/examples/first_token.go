// Gets a token for one hour, uses it, and asks the server whether it is good.
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strings"
)

var api = "https://" + os.Getenv("ONEZONE_HOST") + "/api/v3/onezone"

func call(method, path, header, value, body string, result any) {
	request, err := http.NewRequest(method, api+path, strings.NewReader(body))
	check(err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(header, value)
	answer, err := http.DefaultClient.Do(request)
	check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(err)
	if answer.StatusCode != http.StatusOK {
		check(fmt.Errorf("%d %s", answer.StatusCode, text))
	}
	check(json.Unmarshal(text, result))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	basic := base64.StdEncoding.EncodeToString([]byte(os.Getenv("ONEZONE_BASIC_AUTH"))) // of NAME:PASSWORD
	var minted struct{ Token string }
	call("POST", "/user/client_tokens", "Authorization", "Basic "+basic, `{"ttl": 3600}`, &minted)
	var user struct{ Username string }
	call("GET", "/user", "X-Auth-Token", minted.Token, "", &user)
	var verdict struct{ TTL float64 }
	call("POST", "/tokens/verify_access_token", "Accept", "*/*", `{"token": "`+minted.Token+`"}`, &verdict)
	fmt.Printf("%s has a token for %.0f minutes\n", user.Username, math.Round(verdict.TTL/60))
}
