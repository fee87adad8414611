// gopkg.in/macaroon.v1: narrows the tokens of its input (see clients.py). It reads and writes bytes; base64 is its user's, so
// each of Go's four is a form.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"gopkg.in/macaroon.v1"
)

func narrow(token, caveat string) error {
	data, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return err
	}
	var m macaroon.Macaroon
	if err := m.UnmarshalBinary(data); err != nil {
		return err
	}
	if err := m.AddFirstPartyCaveat(caveat); err != nil {
		return err
	}
	data, err = m.MarshalBinary()
	if err != nil {
		return err
	}
	fmt.Printf("RawURLEncoding\t%s\n", base64.RawURLEncoding.EncodeToString(data))
	fmt.Printf("URLEncoding\t%s\n", base64.URLEncoding.EncodeToString(data))
	fmt.Printf("RawStdEncoding\t%s\n", base64.RawStdEncoding.EncodeToString(data))
	fmt.Printf("StdEncoding\t%s\n", base64.StdEncoding.EncodeToString(data))
	data, err = json.Marshal(&m)
	if err != nil {
		return err
	}
	fmt.Printf("JSON\t%s\n", data)
	return nil
}

func main() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); fmt.Println() {
		caveat, token, _ := strings.Cut(lines.Text(), "\t")
		if err := narrow(token, caveat); err != nil {
			fmt.Printf("reading\t!%v\n", err)
		}
	}
}
