// Go's net/http: mints, uses the token, and is refused, over HTTP/1.1 and HTTP/2. Prints a line a case.
package main

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
)

var account = os.Getenv("ZONEMINT_URL") + "/api/v3/onezone/user"

func ask(client *http.Client, name string, request *http.Request) string {
	answer, err := client.Do(request)
	if err != nil {
		fmt.Printf("%s\t%v\n", name, err)
		return ""
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		fmt.Printf("%s\t%d %v\n", name, answer.StatusCode, err)
		return ""
	}
	fmt.Printf("%s\t%d %s\n", name, answer.StatusCode, strings.TrimSpace(string(body)))
	var minted struct{ Token string }
	_ = json.Unmarshal(body, &minted)
	return minted.Token
}

func request(method, url, body string) *http.Request {
	var reader io.Reader // nil is no body
	if body != "" {
		reader = strings.NewReader(body)
	}
	request, err := http.NewRequest(method, url, reader)
	if err != nil {
		panic(err)
	}
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	return request
}

func mint(password, body string) *http.Request {
	minting := request("POST", account+"/client_tokens", body)
	minting.SetBasicAuth(os.Getenv("ZONEMINT_USER"), password)
	return minting
}

func main() {
	fmt.Printf("version\t%s\n", strings.TrimPrefix(runtime.Version(), "go"))
	// With an empty table net/http speaks only HTTP/1.1.
	plain := &http.Transport{TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}
	run(" over HTTP/1.1", &http.Client{Transport: plain})
	run(" over HTTP/2", &http.Client{})
}

func run(how string, client *http.Client) {
	token := ask(client, "mint"+how, mint(os.Getenv("ZONEMINT_PASSWORD"), ""))
	ask(client, "mint with {}"+how, mint(os.Getenv("ZONEMINT_PASSWORD"), "{}"))
	using := request("GET", account, "")
	using.Header.Set("X-Auth-Token", token)
	ask(client, "use"+how, using)
	ask(client, "refused"+how, mint("wrong", "{}"))
}
