package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// ChainHash links an event to the one before it in the same case (DESIGN §3 rule 11):
// SHA-256 over the previous hash and the event's JSON without its own hash.
func ChainHash(previous string, e Event) string {
	e.Hash = ""
	e.At = e.At.UTC()
	body, err := json.Marshal(e)
	if err != nil { // a struct of strings, numbers and times always encodes
		panic(err)
	}
	h := sha256.New()
	h.Write([]byte(previous))
	h.Write([]byte{'\n'})
	h.Write(body)
	return hex.EncodeToString(h.Sum(nil))
}

// SHA256Hex is how documents and keys are named.
func SHA256Hex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
