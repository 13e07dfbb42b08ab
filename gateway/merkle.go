package gateway

import (
	"crypto/sha256"
	"encoding/hex"
)

// A batch of leaves is rooted as RFC 6962 §2.1 says: leaves are hashed behind a 00 octet, nodes behind a 01,
// so that no node can be shown as a leaf.
const (
	leafPrefix = 0
	nodePrefix = 1
)

// merkleLeaf hashes a leaf with all it says: what it is of, where it stands, and its digest.
func merkleLeaf(l Leaf) [sha256.Size]byte {
	return sha256.Sum256(append([]byte{leafPrefix}, l.Kind+"\n"+l.Ref+"\n"+l.SHA256...))
}

func merkleNode(left, right [sha256.Size]byte) [sha256.Size]byte {
	var b [1 + 2*sha256.Size]byte
	b[0] = nodePrefix
	copy(b[1:], left[:])
	copy(b[1+sha256.Size:], right[:])
	return sha256.Sum256(b[:])
}

// split is the largest power of two smaller than n.
func split(n int) int {
	k := 1
	for 2*k < n {
		k *= 2
	}
	return k
}

func merkleHashes(leaves []Leaf) [][sha256.Size]byte {
	hashes := make([][sha256.Size]byte, len(leaves))
	for i, l := range leaves {
		hashes[i] = merkleLeaf(l)
	}
	return hashes
}

func merkleRoot(hashes [][sha256.Size]byte) [sha256.Size]byte {
	switch len(hashes) {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return hashes[0]
	}
	k := split(len(hashes))
	return merkleNode(merkleRoot(hashes[:k]), merkleRoot(hashes[k:]))
}

// MerkleRoot is the root over leaves in their order, in hexadecimal.
func MerkleRoot(leaves []Leaf) string {
	root := merkleRoot(merkleHashes(leaves))
	return hex.EncodeToString(root[:])
}

// MerklePath proves that leaves[index] is below the root: the nodes beside the way up, lowest first (RFC 6962 §2.1.1).
func MerklePath(leaves []Leaf, index int) []string {
	var path []string
	for _, node := range merklePath(merkleHashes(leaves), index) {
		path = append(path, hex.EncodeToString(node[:]))
	}
	return path
}

func merklePath(hashes [][sha256.Size]byte, index int) [][sha256.Size]byte {
	if len(hashes) <= 1 {
		return nil
	}
	if k := split(len(hashes)); index < k {
		return append(merklePath(hashes[:k], index), merkleRoot(hashes[k:]))
	} else {
		return append(merklePath(hashes[k:], index-k), merkleRoot(hashes[:k]))
	}
}

// VerifyInclusion reports whether the path leads from the leaf, at its index among size leaves, to the root
// (RFC 9162 §2.1.3.2).
func VerifyInclusion(leaf Leaf, index, size int, path []string, root string) bool {
	if index < 0 || index >= size {
		return false
	}
	at, last, hash := index, size-1, merkleLeaf(leaf)
	for _, step := range path {
		node, err := hex.DecodeString(step)
		if err != nil || len(node) != sha256.Size || last == 0 {
			return false
		}
		if beside := [sha256.Size]byte(node); at%2 == 1 || at == last {
			hash = merkleNode(beside, hash)
			for at%2 == 0 && at != 0 {
				at, last = at/2, last/2
			}
		} else {
			hash = merkleNode(hash, beside)
		}
		at, last = at/2, last/2
	}
	return last == 0 && hex.EncodeToString(hash[:]) == root
}
