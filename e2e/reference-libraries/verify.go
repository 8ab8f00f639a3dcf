// Says of each line of stdin, {"secret", "headers", "body"}, whether Standard Webhooks' library for Go verifies it: true or false.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type request struct {
	Secret  string            `json:"secret"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func main() {
	lines := json.NewDecoder(bufio.NewReader(os.Stdin))
	answers := bufio.NewWriter(os.Stdout)
	defer answers.Flush()
	for {
		var each request
		if err := lines.Decode(&each); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			panic(err)
		}
		fmt.Fprintln(answers, verifies(each))
	}
}

func verifies(each request) bool {
	webhook, err := standardwebhooks.NewWebhook(each.Secret)
	if err != nil {
		panic(err)
	}
	headers := http.Header{}
	for name, value := range each.Headers {
		headers.Set(name, value)
	}
	return webhook.Verify([]byte(each.Body), headers) == nil
}
