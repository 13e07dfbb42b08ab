package gateway

import "kopir/xmlsig/xmltree"

// ResultOutcome reads the outcome of a result's covered octets and demands that they are of this case:
// number, applicant and service. It is the check results are accepted by, for who makes it again.
func ResultOutcome(root *xmltree.Element, c Case) (string, error) { return belongs(root, c) }
