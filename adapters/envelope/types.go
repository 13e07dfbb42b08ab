// Package envelope is the codec of the state gateway's v10 messages that soap and shep share:
// a strict writer (the schema's order, children in no namespace, braces around ids, the official
// misspellings) and a lax reader (local names, any prefix, any order, optional parts missing, dates
// without a zone), as gateway-protocol.md §1 and §2 ask for.
//
//	msg, err := envelope.Read(body)
//	req, ok := msg.Body.(*envelope.SyncRequest)
//	doc, err := req.Data.Payload()
//
//	out, err := envelope.Write(&envelope.AsyncResponse{MessageID: "254750124", …})
package envelope

import (
	"time"

	"kopir/xmlsig/xmltree"
)

// Namespaces of the wrapper elements; everything below them is in no namespace.
const (
	NSSoap   = "http://schemas.xmlsoap.org/soap/envelope/"
	NSSync   = "http://bip.bee.kz/SyncChannel/v10/Types"
	NSAsync  = "http://bip.bee.kz/AsyncChannel/v10/Types"
	NSClient = "http://bip.bee.kz/AsyncChannel/v10/Types/Client"
	nsXS     = "http://www.w3.org/2001/XMLSchema"
	nsXSI    = "http://www.w3.org/2001/XMLSchema-instance"
)

// Message types of the asynchronous channel.
const (
	TypeRequest      = "REQUEST"
	TypeNotification = "NOTIFICATION"
	TypeUpdate       = "UPDATE"
	TypeResponse     = "RESPONSE"
)

// Words of delivery notifications; the second is misspelt in the official schema.
const (
	ReceiveAccepted    = "MESSAGE_ACCEPTED"
	ReceiveNotAccepted = "MESSAGE_NOT_ACCTEPTED"
	Resend             = "RESEND"
	NotResend          = "NOT_RESEND"
)

// States of a message on its way.
const (
	StateOnDelivery      = "ON_DELIVERY"
	StateDelivered       = "DELIVERED"
	StateNotDelivered    = "NOT_DELIVERED"
	StateDeliveryStopped = "DELIVERY_STOPPED"
)

// StatusOK is the status code of a message that was processed.
const StatusOK = "SCSS001"

// SenderInfo names the sending system. The password says nothing: the gateway rewrites it.
type SenderInfo struct{ ID, Password string }

// Property is a pair agreed with the gateway; at most 30 and 500 characters.
type Property struct{ Key, Value string }

// StatusInfo is the responder's status; the message has at most 250 characters.
type StatusInfo struct{ Code, Message string }

// ErrorInfo is what a fault carries in its detail.
type ErrorInfo struct {
	Code, Message, Data string
	Date                time.Time
	Sub                 *ErrorInfo
	SessionID           string
}

// SyncRequest is SendMessage of the synchronous channel.
type SyncRequest struct {
	MessageID, CorrelationID, ServiceID string
	MessageDate                         time.Time
	RouteID                             string
	Sender                              SenderInfo
	Properties                          []Property
	SessionID                           string
	Data                                Data
}

// SyncResponse is SendMessageResponse.
type SyncResponse struct {
	MessageID, CorrelationID string
	ResponseDate             time.Time
	Status                   StatusInfo
	SessionID                string
	Data                     Data
}

// AsyncRequest is sendMessage of the asynchronous channel, in both directions.
type AsyncRequest struct {
	MessageID, CorrelationID, ServiceID, MessageType, RouteID string
	MessageDate                                               time.Time
	Sender                                                    SenderInfo
	Properties                                                []Property
	SessionID                                                 string
	Data                                                      Data
}

// AsyncResponse is sendMessageResponse: the message has arrived, no more.
type AsyncResponse struct {
	MessageID, CorrelationID string
	ResponseDate             time.Time
	SessionID                string
}

// DeliveryNotification is sendDeliveryNotification: a pulled message was taken, or not.
type DeliveryNotification struct {
	MessageID, ServiceID string
	NotificationDate     time.Time
	ReceiveStatus        string
	StatusDate           time.Time
	ResendMessage        string
	Error                *ErrorInfo
	RequestDate          time.Time
	Sender               *SenderInfo
}

// DeliveryNotificationResponse answers it.
type DeliveryNotificationResponse struct {
	NotificationID string
	ResponseDate   time.Time
	SessionID      string
}

// MessageStatusRequest is getMessageStatus.
type MessageStatusRequest struct {
	MessageID   string
	RequestDate time.Time
	Sender      SenderInfo
	Properties  []Property
}

// MessageStatusInfo is a status with its moment.
type MessageStatusInfo struct {
	Code, Message string
	Date          time.Time
}

// MessageStatusResponse answers getMessageStatus.
type MessageStatusResponse struct {
	MessageState string
	Status       MessageStatusInfo
	ResponseDate time.Time
	SessionID    string
}

// MessagesRequest is getMessages: messages waiting for the caller.
type MessagesRequest struct {
	MessageID, CorrelationID string
	RequestDate              time.Time
	ServiceID                string
	Sender                   *SenderInfo
	Amount                   int
	Properties               []Property
}

// MessagesResponse answers getMessages.
type MessagesResponse struct {
	ResponseDate time.Time
	SessionID    string
	Messages     []AsyncRequest
	Unreadable   map[int]error // of Messages, by index: one of them that is ambiguous spoils no other
}

// ChangeStatusNotification is changeMassageStatusNotification (so spelt): what became of a message we sent.
type ChangeStatusNotification struct {
	NotificationID, MessageID string
	NotificationDate          time.Time
	MessageState              string
	Status                    MessageStatusInfo
	Error                     *ErrorInfo
	RequestDate               time.Time
	SessionID                 string
}

// ChangeStatusResponse answers it.
type ChangeStatusResponse struct {
	ResponseDate time.Time
	SessionID    string
}

// Fault codes of SOAP 1.1 §4.4.1.
const (
	FaultClient          = "Client"
	FaultServer          = "Server"
	FaultVersionMismatch = "VersionMismatch"
	FaultMustUnderstand  = "MustUnderstand"
)

// Fault is a soap:Fault. Operation says which operation's fault element holds the ErrorInfo;
// "" is the synchronous SendMessage's.
type Fault struct {
	Code, Text string
	Operation  string
	Info       ErrorInfo
}

func (f *Fault) Error() string {
	if f.Info.Code != "" {
		return "soap fault " + f.Info.Code + ": " + f.Info.Message
	}
	return "soap fault " + f.Code + ": " + f.Text
}

// Message is one envelope. Body holds a pointer to one of the types above; nil when the
// operation is not one of v10.
type Message struct {
	Operation string // the wrapper's local name
	Body      any
	HasHeader bool // wsse:Security stands in the header

	raw  []byte            // the envelope as it arrived, which has not to change meanwhile
	tree *xmltree.Document // the envelope as parsed; both nil after [ReadBody]
}
