package c14n_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"kopir/xmlsig/c14n"
	"kopir/xmlsig/xmltree"
)

// TestTagsAsTheyAreWritten: a document whose tags are canonical as they stand, so that they are
// copied, has the same canonical form as one written with other quotes and spaces, where they are
// put together anew. Prefixes are declared, hidden and used on the way.
func TestTagsAsTheyAreWritten(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	methods := []c14n.Method{c14n.C14N10, c14n.C14N11, c14n.Exclusive}
	for range 3000 {
		tidy, untidy := writeBoth(random)
		a, err := xmltree.Parse([]byte(tidy), xmltree.Limits{})
		if err != nil {
			t.Fatal(err, tidy)
		}
		b, err := xmltree.Parse([]byte(untidy), xmltree.Limits{})
		if err != nil {
			t.Fatal(err, untidy)
		}
		for _, m := range methods {
			apex := random.IntN(a.Len())
			for a.Kind(apex) != xmltree.KindElement {
				apex = random.IntN(a.Len())
			}
			x, errA := c14n.Append(nil, a, a.ElementAt(apex), m, c14n.Options{})
			y, errB := c14n.Append(nil, b, b.ElementAt(apex), m, c14n.Options{})
			if errA != nil || errB != nil || string(x) != string(y) {
				t.Fatalf("%s of node %d:\n%s gives\n%s %v\n%s gives\n%s %v", m.URI(), apex, tidy, x, errA, untidy, y, errB)
			}
		}
	}
}

// writeBoth writes one random tree in two ways.
func writeBoth(random *rand.Rand) (tidy, untidy string) {
	var a, b strings.Builder
	const root = `<r xmlns="urn:d" xmlns:p="urn:p" xmlns:q="urn:q" xmlns:r="urn:p">`
	a.WriteString(root)
	b.WriteString(root)
	depth := 0
	var names []string
	for range 4 + random.IntN(20) {
		switch random.IntN(5) {
		case 0:
			if depth > 0 {
				name := names[depth-1]
				names, depth = names[:depth-1], depth-1
				a.WriteString("</" + name + ">")
				b.WriteString("</" + name + " >")
			}
		case 1:
			a.WriteString("text >")
			b.WriteString("te&#x78;t &gt;")
		default:
			name := []string{"a", "p:b", "q:c", "r:d"}[random.IntN(4)]
			x, y := "<"+name, "<"+name
			if random.IntN(6) == 0 {
				declared := fmt.Sprintf(` xmlns:p="urn:p%d"`, random.IntN(2))
				x, y = x+declared, y+declared
			}
			for _, attr := range []string{"n", "m", "q:n", "xml:lang", "p:k"} {
				if random.IntN(4) == 0 {
					x += ` ` + attr + `="v'>"`
					y += "  " + attr + ` = "v&apos;&gt;"`
				}
			}
			if random.IntN(3) == 0 {
				a.WriteString(x + "/>")
				b.WriteString(y + " />")
				continue
			}
			names, depth = append(names, name), depth+1
			a.WriteString(x + ">")
			b.WriteString(y + "\n>")
		}
	}
	for ; depth > 0; depth-- {
		a.WriteString("</" + names[depth-1] + ">")
		b.WriteString("</" + names[depth-1] + ">")
	}
	return a.String() + "</r>", b.String() + "</r>"
}
