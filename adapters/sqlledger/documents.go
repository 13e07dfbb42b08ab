package sqlledger

import (
	"bytes"
	"compress/flate"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"kopir/gateway"
)

// Codecs of stored documents. They are stored raw: compressing costs time an accept does not
// have. Something that runs beside the traffic may compress them later.
const (
	codecRaw   = "raw"
	codecFlate = "flate"
)

// putDocuments stores what is not there yet. The order is by digest, so that two transactions with
// the same documents wait for each other instead of blocking each other.
func (t *tx) putDocuments(docs []gateway.Document) error {
	docs = slices.SortedFunc(slices.Values(docs), func(a, b gateway.Document) int {
		return strings.Compare(a.SHA256, b.SHA256)
	})
	for some := range slices.Chunk(docs, documentsAtOnce) {
		if err := t.insertDocuments(some); err != nil {
			return err
		}
	}
	return nil
}

// documentsAtOnce go in one statement: an application brings half a dozen, and each statement is a
// journey to the server.
const documentsAtOnce = 16

func (t *tx) insertDocuments(docs []gateway.Document) error {
	var rows []string
	var args []any
	for _, d := range docs {
		body := d.Bytes
		if body == nil {
			body = []byte{}
		}
		n := len(args)
		rows = append(rows, fmt.Sprintf("($%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4))
		args = append(args, text(d.SHA256), codecRaw, len(body), body)
	}
	_, err := t.exec(`INSERT INTO documents (sha256, codec, size, body) VALUES `+strings.Join(rows, ", ")+`
		ON CONFLICT (sha256) DO NOTHING`, args...)
	return err
}

// Document returns stored bytes by digest; CodeNotFound if there are none.
func (l *Ledger) Document(ctx context.Context, sha256 string) ([]byte, error) {
	var codec string
	var size int
	var body []byte
	err := l.find(ctx, "no such document", `SELECT codec, size, body FROM documents WHERE sha256 = $1`,
		[]any{text(sha256)}, func(row scanner) error { return row.Scan(&codec, &size, &body) })
	if err != nil {
		return nil, err
	}
	return unpack(codec, size, body)
}

func unpack(codec string, size int, body []byte) ([]byte, error) {
	if codec == codecFlate {
		plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(body)), int64(size)+1))
		if err != nil || len(plain) != size {
			return nil, internal("a stored document cannot be unpacked")
		}
		return plain, nil
	}
	if codec != codecRaw || len(body) != size {
		return nil, internal("a stored document is damaged")
	}
	return body, nil
}
