package shep

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"kopir/xmlsig/xmltree"
)

// The temporary storage of files, ХЭД (gateway-protocol.md §6.5).
const (
	HEDService = "EDS_TEMP_FILES"
	nsHED      = "http://egov.bee.kz/eds/tempstorage/v2/"
)

// What is asked of the storage.
const (
	HEDUpload   = "UPLOAD"
	HEDDownload = "DOWNLOAD"
	HEDConfirm  = "CONFIRM"
	HEDInfo     = "GET_FILE_INFO"
)

// HEDRequest is one request to the storage. IDs are of DOWNLOAD, CONFIRM and GET_FILE_INFO, Uploads of UPLOAD.
type HEDRequest struct {
	Type               string
	Uploads            []HEDFile
	IDs                []string
	SenderID, Password string
}

// HEDFile is a file to be kept for a while.
type HEDFile struct {
	Process       string // the sender's own name for this upload
	Name, Mime    string
	Content       []byte
	LifeTime      time.Duration // 0: as the storage likes; three days are usual
	ToBeConfirmed bool
}

// hedParts are the names of the parts of a request and an answer of each type.
var hedParts = map[string]struct{ request, response, result string }{
	HEDUpload:   {"uploadRequest", "uploadResponse", "uploadFileResults"},
	HEDDownload: {"downloadRequest", "downloadResponse", "fileDownloadResults"},
	HEDConfirm:  {"confirmRequest", "confirmResponse", "fileConfirmResults"},
	HEDInfo:     {"getFileInfoRequest", "getFileInfoResponse", "fileInfoResults"},
}

// EncodeHED writes a request. The official schema qualifies all elements; installations are known that
// take them in no namespace only, hence the switch.
func EncodeHED(r HEDRequest, qualified bool) ([]byte, error) {
	parts, known := hedParts[r.Type]
	if !known || (r.Type == HEDUpload) != (len(r.Uploads) > 0) || (r.Type == HEDUpload) == (len(r.IDs) > 0) {
		return nil, errors.New("shep: a request to the temporary storage needs its type, and files to upload or else ids")
	}
	w := &docWriter{}
	if qualified {
		w.prefix = "ts:"
		w.raw(`<ts:tempStorageRequest xmlns:ts="` + nsHED + `">`)
	} else {
		w.open("tempStorageRequest")
	}
	w.element("type", r.Type)
	w.within(parts.request, func() {
		for _, f := range r.Uploads {
			w.within("fileUploadRequests", func() { w.upload(f) })
		}
		for _, id := range r.IDs {
			w.element("fileIdentifiers", id)
		}
	})
	w.within("credentials", func() {
		w.element("senderId", r.SenderID)
		w.element("password", r.Password)
	})
	w.end("tempStorageRequest")
	return w.buf, nil
}

func (w *docWriter) upload(f HEDFile) {
	w.element("fileProcessIdentifier", f.Process)
	w.element("content", base64.StdEncoding.EncodeToString(f.Content))
	w.may("name", f.Name)
	w.may("mime", f.Mime)
	if f.LifeTime > 0 {
		w.element("lifeTime", strconv.FormatInt(f.LifeTime.Milliseconds(), 10))
	}
	w.mayFlag("needToBeConfirmed", f.ToBeConfirmed)
}

// HEDResponse is the storage's answer.
type HEDResponse struct {
	Type   string
	Status HEDStatus
	Files  []HEDResult
}

// HEDStatus is how a request or one file of it went.
type HEDStatus struct{ Code, Status, Message string }

// HEDResult is what became of one file.
type HEDResult struct {
	Process, ID string
	Status      HEDStatus
	Content     []byte
	LifeTime    time.Duration
	Info        HEDInfoRecord
}

// HEDInfoRecord is what the storage knows of a file. Dates are as written.
type HEDInfoRecord struct {
	Name, Mime, UploadDate, UploaderSystem, ExpirationTime string
	Size                                                   int64 // -1: not told
	ToBeConfirmed, Deleted, Confirmed                      bool
	ConfirmedSystem, ConfirmationTime                      string
}

// maxHEDBytes bounds an answer: a file of 20 MB as base64, and what is around it.
const maxHEDBytes = 30 << 20

// DecodeHED reads an answer, qualified or not.
func DecodeHED(doc []byte) (HEDResponse, error) {
	e, err := readDocument(doc, maxHEDBytes, "tempStorageResponse")
	if err != nil {
		return HEDResponse{}, err
	}
	r := HEDResponse{Type: text(e, "type")}
	parts, known := hedParts[r.Type]
	if !known {
		return r, badAnswer("has no type of the temporary storage")
	}
	inside := e.Child(parts.response)
	if inside == nil {
		return r, badAnswer("lacks what its type promises")
	}
	r.Status = hedStatus(inside)
	files, err := all(inside, parts.result)
	if err != nil {
		return r, err
	}
	for _, f := range files {
		result, err := hedResult(f)
		if err != nil {
			return r, err
		}
		r.Files = append(r.Files, result)
	}
	return r, nil
}

func hedStatus(e *xmltree.Element) HEDStatus {
	s := e.Child("status")
	return HEDStatus{Code: text(s, "code"), Status: text(s, "status"), Message: text(s, "message")}
}

func hedResult(e *xmltree.Element) (HEDResult, error) {
	r := HEDResult{Process: text(e, "fileProcessIdentifier"), ID: text(e, "fileIdentifier"), Status: hedStatus(e)}
	if ms, err := strconv.ParseInt(text(e, "lifeTime"), 10, 64); err == nil && ms > 0 && ms < maxLifeMillis {
		r.LifeTime = time.Duration(ms) * time.Millisecond
	}
	var err error
	if r.Content, err = base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text(e, "content")), "")); err != nil {
		return r, badAnswer("holds content that is not base64")
	}
	m := e.Child("meta")
	r.Info = HEDInfoRecord{Name: text(m, "name"), Mime: text(m, "mime"), UploadDate: text(m, "uploadDate"),
		UploaderSystem: text(m, "uploaderSystem"), ExpirationTime: text(m, "expirationTime"), Size: -1,
		ToBeConfirmed: flag(m, "needToBeConfirmed"), Deleted: flag(m, "deleted"), Confirmed: flag(m, "confirmed"),
		ConfirmedSystem: text(m, "confirmedSystem"), ConfirmationTime: text(m, "confirmationTime")}
	if size, err := strconv.ParseInt(text(m, "size"), 10, 64); err == nil && size >= 0 {
		r.Info.Size = size
	}
	return r, nil
}

// maxLifeMillis is a hundred years: longer is no time to keep a temporary file.
const maxLifeMillis = 100 * 366 * 24 * 3600 * 1000

func flag(e *xmltree.Element, name string) bool {
	v := text(e, name)
	return v == "true" || v == "1"
}
