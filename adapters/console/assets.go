package console

import (
	"bytes"
	"embed"
	"net/http"
	"path"
	"time"

	"kopir/gateway"
)

//go:embed assets/*
var assetFiles embed.FS

// assets are the few files the pages load, each under an address that changes with its content.
type assets struct {
	files map[string][]byte
	links map[string]string
}

func loadAssets() assets {
	a := assets{files: map[string][]byte{}, links: map[string]string{}}
	entries, err := assetFiles.ReadDir("assets")
	if err != nil { // embedded
		panic(err)
	}
	for _, e := range entries {
		b, err := assetFiles.ReadFile(path.Join("assets", e.Name()))
		if err != nil {
			panic(err)
		}
		a.files[e.Name()] = b
		a.links[e.Name()] = Base + "/assets/" + e.Name() + "?v=" + gateway.SHA256Hex(b)[:12]
	}
	return a
}

// asset serves one file. It holds nothing secret, and the page that asks for a sign-in needs it too.
func (c *Console) asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	b, ok := c.assets.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(b))
}
