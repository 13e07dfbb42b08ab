// Package c14n writes documents and subtrees in canonical form: Canonical XML 1.0 and 1.1
// and Exclusive XML Canonicalization 1.0, each with and without comments.
//
//	octets, err := c14n.Append(nil, doc, apex, c14n.Exclusive, c14n.Options{})
//
// Most of a document is canonical as it stands, and is copied from its source; what is not,
// the gate has noted (xmltree.Edit), and is written anew from the tree. Namespace declarations
// in force live on a stack. Cost grows with input plus output, and output is bounded:
// exclusive canonicalisation can repeat one long declaration at every element.
package c14n
