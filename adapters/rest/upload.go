package rest

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"kopir/adapters/httpserver"
	"kopir/gateway"
	"kopir/xmlsig/reason"
)

// Bounds of a submission in parts. A file goes to disk while it comes; in memory there is only the signed form.
const (
	maxFiles      = 50
	maxFilesBytes = 200 << 20
	maxPartHead   = 32 << 10 // what stands between two parts: boundary and header
	maxUploads    = 16       // at once, each with its form in memory and a slow line perhaps
)

// partApplication is the name of the part with the signed form; it comes first.
const partApplication = "application"

// submission is what was handed in: the signed form, and the files beside it, which are stored already.
type submission struct {
	doc   []byte
	files []gateway.File // nil where the message has no room for files
}

// inParts says whether a request brings its files beside the form.
func inParts(r *http.Request) bool {
	return strings.HasPrefix(strings.ToLower(r.Header.Get("Content-Type")), "multipart/")
}

// readSubmission reads the signed form, alone or in parts, and waits until it may be worked on.
func (a *API) readSubmission(w http.ResponseWriter, r *http.Request) (s submission, leave func(), err error) {
	if !inParts(r) {
		s.doc, leave, err = a.readSigned(w, r)
		return s, leave, err
	}
	if s, err = a.readParts(w, r); err != nil {
		return s, nil, err
	}
	leave, err = a.frame.Room(r.Context(), len(s.doc))
	return s, leave, err
}

func (a *API) readParts(w http.ResponseWriter, r *http.Request) (s submission, err error) {
	boundary, err := a.mayUpload(r)
	if err != nil {
		return s, err
	}
	select {
	case a.uploads <- struct{}{}:
		defer func() { <-a.uploads }()
	default:
		return s, &gateway.Error{Code: gateway.CodeUnavailable, Detail: "too many uploads are under way at this moment; send the same request again in a few seconds"}
	}
	in := newBody(w, r, boundary, a.idle, a.longest, httpserver.MaxInlineBytes+maxFilesBytes)
	u := &upload{files: a.files, body: in, parts: multipart.NewReader(in, boundary)}
	if s, err = u.read(r.Context()); err != nil {
		httpserver.Discard(w, r)
	}
	in.done()
	httpserver.Event(r).Set(httpserver.KeyBytesIn, in.read)
	return s, err
}

// mayUpload looks at the headers before anything is read.
func (a *API) mayUpload(r *http.Request) (boundary string, err error) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil || media != "multipart/form-data" && media != "multipart/mixed":
		return "", unsupported("files come as multipart/form-data or multipart/mixed")
	case params["boundary"] == "":
		return "", httpserver.BadRequest("the header Content-Type names no boundary")
	case r.Header.Get("Content-Encoding") != "" && !strings.EqualFold(r.Header.Get("Content-Encoding"), "identity"):
		return "", unsupported("the body is compressed; send it without Content-Encoding")
	case a.files == nil:
		return "", unsupported("this gateway stores no files; send the signed XML alone, as application/xml")
	case r.ContentLength > httpserver.MaxInlineBytes+maxFilesBytes:
		return "", tooMuch()
	}
	return params["boundary"], nil
}

func unsupported(detail string) error {
	return &gateway.Error{Code: gateway.CodeMediaTypeUnsupported, Detail: detail}
}

func tooMuch() error {
	return reason.Newf(reason.TooLarge, "the message is larger than %d bytes, the most that is taken with its files", httpserver.MaxInlineBytes+maxFilesBytes)
}

// upload is one submission while its parts come.
type upload struct {
	files gateway.Files
	body  *body
	parts *multipart.Reader
	count int
}

func (u *upload) read(ctx context.Context) (s submission, err error) {
	first, err := u.next()
	if err == io.EOF {
		return s, noParts()
	}
	if err != nil {
		return s, err
	}
	if s.doc, err = u.application(first); err != nil {
		return s, err
	}
	s.files = []gateway.File{}
	for {
		part, err := u.next()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		f, err := u.file(ctx, part)
		if err != nil {
			return s, err
		}
		if f != nil {
			s.files = append(s.files, *f)
		}
	}
}

// part is one part with what its Content-Disposition says.
type part struct {
	*multipart.Part
	name, file string
}

// next begins the next part; io.EOF after the closing boundary, and only then.
func (u *upload) next() (*part, error) {
	u.body.head = maxPartHead
	p, err := u.parts.NextRawPart()
	u.body.head = unbounded
	if err == io.EOF && u.body.closed {
		return nil, err
	}
	if err != nil {
		return nil, u.broken(err)
	}
	switch enc := strings.ToLower(p.Header.Get("Content-Transfer-Encoding")); enc {
	case "", "binary", "8bit", "7bit":
	default:
		return nil, unsupported("a part is encoded; send files as they are, without Content-Transfer-Encoding")
	}
	_, params, err := mime.ParseMediaType(p.Header.Get("Content-Disposition"))
	if err != nil {
		params = nil
	}
	return &part{p, params["name"], params["filename"]}, nil
}

// broken says what is wrong with a body that cannot be read on.
func (u *upload) broken(err error) error {
	var e *gateway.Error
	switch {
	case errors.As(err, &e):
		return err
	case u.count == 0 && (errors.Is(err, errHead) || u.body.ended):
		return noParts()
	case errors.Is(err, errHead):
		return httpserver.BadRequest("the header of a part is too long")
	case errors.Is(err, multipart.ErrMessageTooLarge):
		return httpserver.BadRequest("a part has too many headers")
	}
	return httpserver.BadRequest("the connection ended before the whole body had come, or its closing boundary is missing; send it again")
}

func noParts() error {
	return httpserver.BadRequest("no part was found; the boundary in the header Content-Type is not the one in the body")
}

// application reads the signed form.
func (u *upload) application(p *part) ([]byte, error) {
	u.count++
	media, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
	switch {
	case p.name != "" && p.name != partApplication:
		return nil, httpserver.BadRequest("the first part has to be the signed form, under the name application")
	case media != "" && media != "application/xml" && media != "text/xml" && media != "application/octet-stream":
		return nil, unsupported("the part application has to be application/xml")
	}
	doc, err := io.ReadAll(io.LimitReader(p, httpserver.MaxInlineBytes+1))
	switch {
	case err != nil:
		return nil, u.broken(err)
	case len(doc) > httpserver.MaxInlineBytes:
		return nil, reason.Newf(reason.TooLarge, "the signed form is larger than %d bytes, the most that is taken", httpserver.MaxInlineBytes)
	case len(doc) == 0:
		return nil, &gateway.Error{Code: reason.XMLMalformed, Detail: "the part application is empty; send the signed XML document in it"}
	}
	return doc, nil
}

// file stores one file while it comes; nil is a field of a web form nobody filled in.
func (u *upload) file(ctx context.Context, p *part) (*gateway.File, error) {
	if u.count++; u.count > maxFiles+1 {
		return nil, reason.Newf(reason.TooLarge, "more than %d files come with the application", maxFiles)
	}
	if p.name == partApplication {
		return nil, httpserver.BadRequest("the part application is there twice")
	}
	sha, size, err := u.files.Put(ctx, p, gateway.MaxFileBytes)
	if err != nil {
		return nil, u.stopped(err)
	}
	if size == 0 && p.file == "" {
		return nil, nil
	}
	name := p.file
	if name == "" {
		name = p.name
	}
	return &gateway.File{Part: p.name, Name: gateway.FileName(name), SHA256: sha, Size: size}, nil
}

// stopped tells an error of the store, which names its code, from one of the line.
func (u *upload) stopped(err error) error {
	var e *gateway.Error
	switch {
	case errors.As(err, &e) && e.Code == reason.TooLarge && !u.body.over:
		return reason.Newf(reason.TooLarge, "file %d is larger than %d bytes, the most that is taken", u.count-1, gateway.MaxFileBytes)
	case errors.As(err, &e):
		return err
	}
	return u.broken(err)
}
