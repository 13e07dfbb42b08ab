package revocation

import (
	"cmp"
	"encoding/binary"
	"math/big"
	"math/bits"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"kopir/xmlsig/pki/der"
)

// serialBytes is RFC 5280 §4.1.2.2: serial numbers have at most 20 octets.
const serialBytes = 20

// minEntryBytes is the shortest entry: a header, a serial number of one octet
// and a UTCTime. It keeps a list of empty entries from taking memory.
const minEntryBytes = 2 + 3 + 15

// entry is one revoked certificate. The serial number is split big-endian over
// three words; without pointers the whole list is one piece to the collector.
type entry struct {
	hi, mid uint64
	lo      uint32
	reason  uint8
	when    int64 // seconds since 1970
}

// entries are sorted by serial number; of several with one number the gravest
// comes first. National serial numbers are random, so that their first bits
// lead to a handful of entries at once: buckets[b] is the first entry whose
// number, shifted right, is b or more. A binary search over a million entries
// misses the cache some twenty times, this way twice.
type entries struct {
	sorted  []entry
	buckets []uint32
	shift   int
}

// entriesPerBucket is the mean length of a bucket the index aims at.
const entriesPerBucket = 8

// Entry is what a list says about one serial number.
type Entry struct {
	RevokedAt time.Time
	Reason    int // CRLReason
}

// Lookup finds the entry of a serial number. It allocates nothing.
func (c *CRL) Lookup(serial *big.Int) (Entry, bool) {
	if serial.Sign() < 0 || serial.BitLen() > 8*serialBytes {
		return Entry{}, false
	}
	var octets [serialBytes]byte
	serial.FillBytes(octets[:])
	e, ok := c.entries.find(keyOf(octets[:]))
	if !ok {
		return Entry{}, false
	}
	return Entry{RevokedAt: time.Unix(e.when, 0).UTC(), Reason: int(e.reason)}, true
}

// find looks for the first entry of a number.
func (l *entries) find(want entry) (entry, bool) {
	i, n := 0, len(l.sorted)
	if l.buckets != nil {
		b := want.hi >> l.shift
		if b >= uint64(len(l.buckets)-1) {
			return entry{}, false
		}
		i, n = int(l.buckets[b]), int(l.buckets[b+1])
	}
	for i < n {
		if m := int(uint(i+n) >> 1); l.sorted[m].compare(want) < 0 {
			i = m + 1
		} else {
			n = m
		}
	}
	if i == len(l.sorted) || l.sorted[i].compare(want) != 0 {
		return entry{}, false
	}
	return l.sorted[i], true
}

// sort orders the entries and makes the index.
func (l *entries) sort() {
	order := func(a, b entry) int {
		if n := a.compare(b); n != 0 {
			return n
		}
		return cmp.Compare(a.gravity(), b.gravity())
	}
	if !slices.IsSortedFunc(l.sorted, order) {
		slices.SortFunc(l.sorted, order)
	}
	n := len(l.sorted)
	if cap(l.sorted) > n+n/8+firstEntries {
		l.sorted = slices.Clone(l.sorted)
	}
	if n < 2*entriesPerBucket {
		return
	}
	last := l.sorted[n-1].hi
	l.shift = max(0, bits.Len64(last)-bits.Len(uint(n/entriesPerBucket)))
	l.buckets = make([]uint32, last>>l.shift+2)
	for i, b := 0, 0; b < len(l.buckets); b++ {
		for i < n && l.sorted[i].hi>>l.shift < uint64(b) {
			i++
		}
		l.buckets[b] = uint32(i)
	}
}

// keyOf makes an entry of 20 octets.
func keyOf(octets []byte) entry {
	return entry{
		hi:  binary.BigEndian.Uint64(octets),
		mid: binary.BigEndian.Uint64(octets[8:]),
		lo:  binary.BigEndian.Uint32(octets[16:]),
	}
}

func (e entry) compare(o entry) int {
	switch {
	case e.hi != o.hi:
		return cmp.Compare(e.hi, o.hi)
	case e.mid != o.mid:
		return cmp.Compare(e.mid, o.mid)
	}
	return cmp.Compare(e.lo, o.lo)
}

// gravity orders entries of one serial number: final, on hold, removed.
func (e entry) gravity() int {
	switch e.reason {
	case reasonHold:
		return 1
	case reasonRemove:
		return 2
	}
	return 0
}

// readEntries reads revokedCertificates.
func (c *CRL) readEntries(in *input, limit int) bool {
	end, ok := in.enter(asn1.SEQUENCE)
	if !ok || end > limit {
		return false
	}
	start := in.offset()
	for in.offset() < end {
		if n := len(c.entries.sorted); n == cap(c.entries.sorted) {
			c.entries.grow(end-start, in.offset()-start)
		}
		element, ok := in.element()
		var one cryptobyte.String
		s := cryptobyte.String(element)
		if !ok || !s.ReadASN1(&one, asn1.SEQUENCE) || !c.parseEntry(&one) {
			return false
		}
	}
	c.entries.sort()
	return in.offset() == end
}

// firstEntries is how many entries tell how long the others will be.
const firstEntries = 1024

// grow makes room for the entries that are still to come: as long as those so
// far, of which there are that many in so many octets out of all. Doubling would
// for a moment take twice of what stays.
func (l *entries) grow(all, soFar int) {
	n := len(l.sorted)
	want := min(firstEntries, all/minEntryBytes+1)
	if n > 0 {
		want = n/50 + 64 + (all-soFar)/max(minEntryBytes, soFar/n)
	}
	l.sorted = append(make([]entry, 0, n+want), l.sorted...)
}

func (c *CRL) parseEntry(one *cryptobyte.String) bool {
	var serial cryptobyte.String
	if !one.ReadASN1(&serial, asn1.INTEGER) || len(serial) == 0 {
		return false
	}
	when, ok := der.ReadUnix(one)
	if !ok {
		return false
	}
	var reason uint8
	if !one.Empty() {
		if reason, ok = c.parseEntryExtensions(one); !ok {
			return false
		}
	}
	negative := serial[0]&0x80 != 0
	for len(serial) > 1 && serial[0] == 0 {
		serial = serial[1:]
	}
	// A negative or longer number cannot be a certificate's that pki has parsed.
	if negative || len(serial) > serialBytes {
		return true
	}
	var octets [serialBytes]byte
	copy(octets[serialBytes-len(serial):], serial)
	e := keyOf(octets[:])
	e.reason, e.when = reason, when
	c.entries.sorted = append(c.entries.sorted, e)
	return true
}

// Content octets of the entry extensions (RFC 5280 §5.3), compared without
// allocating.
const (
	entryReason      = "\x55\x1d\x15" // 2.5.29.21 reasonCode
	entryInstruction = "\x55\x1d\x17" // 2.5.29.23 holdInstructionCode, retired
	entryInvalidity  = "\x55\x1d\x18" // 2.5.29.24 invalidityDate
)

// parseEntryExtensions gives the reason. A critical extension that is not
// understood, certificateIssuer of indirect lists above all, makes the whole
// list unusable (§5.3).
func (c *CRL) parseEntryExtensions(one *cryptobyte.String) (code uint8, ok bool) {
	var exts cryptobyte.String
	if !one.ReadASN1(&exts, asn1.SEQUENCE) || !one.Empty() {
		return 0, false
	}
	seen := false
	for !exts.Empty() {
		var ext, oid, value cryptobyte.String
		critical := false
		if !exts.ReadASN1(&ext, asn1.SEQUENCE) || !ext.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) ||
			ext.PeekASN1Tag(asn1.BOOLEAN) && !ext.ReadASN1Boolean(&critical) ||
			!ext.ReadASN1(&value, asn1.OCTET_STRING) || !ext.Empty() {
			return 0, false
		}
		switch string(oid) {
		case entryReason:
			var content cryptobyte.String
			if seen || !value.ReadASN1(&content, asn1.ENUM) || !value.Empty() || len(content) != 1 {
				return 0, false
			}
			code, seen = content[0], true
		case entryInstruction, entryInvalidity:
		default:
			if critical {
				c.unusable = "with a critical entry extension that is not understood"
			}
		}
	}
	return code, true
}
