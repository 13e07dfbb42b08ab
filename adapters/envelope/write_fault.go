package envelope

import (
	"strconv"
	"strings"
)

// faultElements names the ErrorInfo element of each operation's fault.
var faultElements = map[string]struct{ space, name string }{
	"SendMessage":                     {NSSync, "SendMessageFault1_SendMessageFault"},
	"sendMessage":                     {NSAsync, "sendMessageFault1_sendMessageFault"},
	"sendDeliveryNotification":        {NSAsync, "sendDeliveryNotificationFault1_sendDeliveryNotificationFault"},
	"getMessageStatus":                {NSAsync, "getMessageStatusFault1_getMessageStatusFault"},
	"getMessages":                     {NSAsync, "getMessagesFault1_getMessagesFault"},
	"changeMassageStatusNotification": {NSClient, "changeMassageStatusNotificationFault1_changeMassageStatusNotificationFault"},
}

// operationOfFault finds the operation a fault element belongs to, "" if none.
func operationOfFault(local string) string {
	operation, _, _ := strings.Cut(local, "Fault1_")
	if _, known := faultElements[operation]; known {
		return operation
	}
	return ""
}

// fault writes a soap:Fault. Its own children are unqualified (SOAP 1.1 §4.4).
func (w *writer) fault(f *Fault) {
	at, known := faultElements[f.Operation]
	if !known {
		at = faultElements["SendMessage"]
	}
	w.raw("<soapenv:Fault>")
	w.must("faultcode", "soapenv:"+f.Code)
	w.must("faultstring", f.Text)
	w.raw("<detail><ns2:" + at.name + ` xmlns:ns2="` + at.space + `">`)
	w.errorInfo(f.Info)
	w.raw("</ns2:" + at.name + "></detail></soapenv:Fault>")
}

func (w *writer) errorInfo(e ErrorInfo) {
	w.must("errorCode", e.Code)
	w.must("errorMessage", e.Message)
	w.may("errorData", e.Data)
	w.date("errorDate", e.Date)
	if e.Sub != nil {
		w.open("subError")
		w.errorInfo(*e.Sub)
		w.close("subError")
	}
	w.guid("sessionId", e.SessionID, false)
}

func itoa(n int) string { return strconv.Itoa(n) }
