package c14n

import "testing"

// TestJoinURI follows RFC 3986 §5.4 and the changes of C14N 1.1 §2.4.
func TestJoinURI(t *testing.T) {
	tests := []struct{ base, ref, want string }{
		{"http://a/b/c/d?q", "g", "http://a/b/c/g"},
		{"http://a/b/c/d?q", "./g/.", "http://a/b/c/g/"},
		{"http://a/b/c/d?q", "../../../g", "http://a/g"},
		{"http://a/b/c/d?q", "?y", "http://a/b/c/d?y"},
		{"http://a/b/c/d?q", "", "http://a/b/c/d?q"},
		{"http://a/b/c/d?q", "//h/x", "http://h/x"},
		{"http://a/b/c/d?q", "mid:x", "mid:x"},
		{"http://a/b/c/d?q", "..", "http://a/b/"},
		{"http://a", "g", "http://a/g"},
		{"", "..", "../"},
		{"../", "..", "../../"},
		{"../../", "x", "../../x"},
		{"..", "x", "../x"},
		{"foo/bar", "..", ""},
		{"something/else", "bar/", "something/bar/"},
		{"a//b", "c", "a/c"},
		{"x", "y#f", "y"},
	}
	for _, tt := range tests {
		if got := joinURI(tt.base, tt.ref); got != tt.want {
			t.Errorf("%q + %q = %q, want %q", tt.base, tt.ref, got, tt.want)
		}
	}
}
