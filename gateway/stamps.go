package gateway

import (
	"context"
	"time"

	"kopir/xmlsig/tsp"
)

// Kinds of leaves.
const (
	LeafEvent   = "event"   // ref "NUMBER/seq", digest the event's chain hash
	LeafVerdict = "verdict" // ref the verdict's id, digest that of its JSON exactly as stored
	LeafStamp   = "stamp"   // ref the batch before, digest its root; both empty in the first batch
)

// Leaf is one recorded thing that waits for, or has, a time stamp.
type Leaf struct {
	Kind   string `json:"kind"`
	Ref    string `json:"ref"`
	SHA256 string `json:"sha256"`
}

// Batch is a set of leaves under one root. Its first leaf is the batch before it, so that a token of this
// batch also dates every earlier one.
type Batch struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`   // when it was rooted, by our clock
	Root    string    `json:"root"` // hexadecimal SHA-256 ([MerkleRoot]); the token stamps its 32 octets
	Size    int       `json:"size"`
	Token   []byte    `json:"token,omitempty"` // RFC 3161; empty while pending
	TokenAt time.Time `json:"token_at,omitzero"`
}

// TSA names who stamped the batch, as its certificate does; "" while pending.
func (b Batch) TSA() string {
	token, err := tsp.Parse(b.Token)
	if err != nil || len(token.Certificates) == 0 {
		return ""
	}
	return token.Certificates[0].Subject.CommonName
}

// StampProof shows that a leaf is below its batch's root: [VerifyInclusion].
type StampProof struct {
	Batch Batch    `json:"batch"`
	Index int      `json:"index"`
	Path  []string `json:"path"`
}

// StampLag is how far stamping is behind.
type StampLag struct {
	Unstamped int       // leaves in no batch yet
	Waiting   time.Time // the oldest of them; zero if there is none
	Pending   int       // batches without a token
	Oldest    time.Time // the oldest leaf no token dates, in a batch or not; zero if there is none
	Last      Batch     // the newest batch with a token; zero if there is none
}

// Stamps is the part of the ledger that roots and dates its history (DESIGN §3 rule 11). Every event and verdict
// becomes a waiting leaf in the transaction that writes it.
type Stamps interface {
	// OpenBatch roots up to limit waiting leaves, oldest first; nil if none waits or another instance is doing it.
	OpenBatch(ctx context.Context, id string, now time.Time, limit int) (*Batch, error)
	// PendingBatches returns batches without a token, oldest first.
	PendingBatches(ctx context.Context, limit int) ([]Batch, error)
	// Stamped stores a batch's verified token and its time; a batch that has one keeps it.
	Stamped(ctx context.Context, id string, token []byte, at time.Time) error
	// StampLag tells how far stamping is behind.
	StampLag(ctx context.Context) (StampLag, error)
	// StampProof proves a leaf of which Kind and Ref are given; nil while it is in no batch. A batch may still be
	// pending. If a digest is given and another was rooted, the row was changed since: CodeConflict.
	StampProof(ctx context.Context, leaf Leaf) (*StampProof, error)
}
