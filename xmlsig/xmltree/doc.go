// Package xmltree is the strict gate every XML document passes and the tree it
// becomes. It refuses what parsers disagree about (a DOCTYPE, two roots, doubled
// attributes, undeclared prefixes, foreign encodings) instead of repairing it, so
// that the program that verifies and the program that reads see one document.
//
// [Parse] makes one pass over the bytes and keeps a flat list of nodes in document
// order; a subtree is a range of that list. [Element] is a handle into it for
// programs that read by name. On the way it notes every [Edit], a piece of the source that
// is not canonical as it stands: canonicalisation copies the source and writes those anew.
//
//	doc, err := xmltree.Parse(body, xmltree.Limits{})
//	iin := doc.Root.Find("Applicant/IIN").Text()
//
// A Document never changes after Parse and may be read from many goroutines. [Reader] is for a
// program that is done with one document before it reads the next: it copies nothing and uses its
// memory again.
package xmltree
