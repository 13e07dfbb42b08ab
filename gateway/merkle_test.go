package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// The roots of RFC 6962's reference implementation over its eight test inputs, from one leaf to all eight.
var knownRoots = []string{
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}

func TestMerkleRootsAreThoseOfRFC6962(t *testing.T) {
	inputs := []string{"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"}
	var hashes [][sha256.Size]byte
	for i, input := range inputs {
		b, _ := hex.DecodeString(input)
		hashes = append(hashes, sha256.Sum256(append([]byte{leafPrefix}, b...)))
		if root := merkleRoot(hashes); hex.EncodeToString(root[:]) != knownRoots[i] {
			t.Errorf("%d leaves: %x", i+1, root)
		}
	}
}

func leavesOf(n int) (leaves []Leaf) {
	for i := range n {
		leaves = append(leaves, Leaf{Kind: LeafEvent, Ref: fmt.Sprintf("K26-%d/1", i), SHA256: SHA256Hex([]byte{byte(i), byte(i >> 8)})})
	}
	return leaves
}

// TestInclusion: every leaf of every tree is proved, and nothing else is.
func TestInclusion(t *testing.T) {
	for n := range 34 {
		leaves := leavesOf(n)
		root := MerkleRoot(leaves)
		for i, leaf := range leaves {
			path := MerklePath(leaves, i)
			if !VerifyInclusion(leaf, i, n, path, root) {
				t.Fatalf("leaf %d of %d is not proved", i, n)
			}
			other := leaf
			other.Ref += "0"
			for what, proved := range map[string]bool{
				"another leaf":  VerifyInclusion(other, i, n, path, root),
				"another place": VerifyInclusion(leaf, (i+1)%n, n, path, root) && n > 1,
				"another root":  VerifyInclusion(leaf, i, n, path, MerkleRoot(leaves[:n-1])),
				"longer path":   VerifyInclusion(leaf, i, n, append(slices.Clone(path), root), root),
				"shorter path":  len(path) > 0 && VerifyInclusion(leaf, i, n, path[1:], root),
				"broken path":   len(path) > 0 && VerifyInclusion(leaf, i, n, append([]string{"zz"}, path[1:]...), root),
				"no such place": VerifyInclusion(leaf, n, n, path, root) || VerifyInclusion(leaf, -1, n, path, root),
			} {
				if proved {
					t.Errorf("%s proves leaf %d of %d", what, i, n)
				}
			}
		}
	}
}

// TestNodeIsNoLeaf: an inner node cannot be passed off as a leaf, nor one field as another.
func TestNodeIsNoLeaf(t *testing.T) {
	a, b := Leaf{"event", "K26-1/1", "aa"}, Leaf{"event", "K26-1", "/1\naa"}
	if merkleLeaf(a) == merkleLeaf(b) {
		t.Error("fields run into each other")
	}
	if strings.Contains(a.Ref, "\n") {
		t.Error("a reference with a line end")
	}
}
