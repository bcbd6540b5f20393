// Receives the events of a Hookbell webhook. Go 1.19 or newer, no packages:
//
//	HOOKBELL_SECRET=… HOOKBELL_SIGNING_SECRET=whsec_… go run receiver.go
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	tolerance = 5 * time.Minute // between their clock and ours
	largest   = 1024 * 1024     // bytes
)

var secret = required("HOOKBELL_SECRET")
var key = decoded(required("HOOKBELL_SIGNING_SECRET"))

// webhook-id is the idempotency key: an event may come twice, with the same id. Store it here under its id (a row
// with a unique id, a queue), skip it if it is there already, and do the work later: the answer must come fast.
func store(id, eventType string, body []byte) error {
	_, err := fmt.Println(id, eventType, string(body))
	return err
}

// Takes the body as the bytes that came: JSON that was parsed and written again would not match its signature.
func refusal(header http.Header, body []byte) string {
	if !isSame(header.Get("X-Secret-Key"), secret) {
		return "wrong X-Secret-Key"
	}
	timestamp := header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if age := time.Since(time.Unix(seconds, 0)); err != nil || age > tolerance || age < -tolerance {
		return "webhook-timestamp is not of now"
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", header.Get("webhook-id"), timestamp)
	mac.Write(body)
	right := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	// While a signing secret is being rotated there are two signatures, with a space between.
	for _, one := range strings.Split(header.Get("webhook-signature"), " ") {
		if isSame(one, right) {
			return ""
		}
	}
	return "wrong webhook-signature"
}

// In constant time; the digests are of one length whatever was given.
func isSame(given, right string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(right))
	return hmac.Equal(a[:], b[:])
}

func receive(response http.ResponseWriter, request *http.Request) {
	if request.Method != http.MethodPost {
		response.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(response, request.Body, largest))
	if err != nil {
		response.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	if reason := refusal(request.Header, body); reason != "" {
		log.Print("refused: ", reason)
		response.WriteHeader(http.StatusUnauthorized)
		return
	}
	if err := store(request.Header.Get("webhook-id"), request.Header.Get("X-Hookbell-Event"), body); err != nil {
		response.WriteHeader(http.StatusInternalServerError) // Hookbell sends it again
		return
	}
	response.WriteHeader(http.StatusNoContent)
}

func main() {
	address := or("HOST", "127.0.0.1") + ":" + or("PORT", "8000")
	server := &http.Server{Addr: address, Handler: http.HandlerFunc(receive), ReadTimeout: 30 * time.Second}
	fmt.Println("listening on http://" + address)
	log.Fatal(server.ListenAndServe())
}

func required(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatal("Set ", name)
	}
	return value
}

func or(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}

func decoded(signingSecret string) []byte {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(signingSecret, "whsec_"))
	if err != nil {
		log.Fatal("HOOKBELL_SIGNING_SECRET is not whsec_ and base64")
	}
	return key
}
