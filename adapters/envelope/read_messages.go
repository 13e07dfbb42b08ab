package envelope

import "kopir/xmlsig/xmltree"

func (r *reader) syncRequest(e *xmltree.Element) *SyncRequest {
	i := r.one(e, "requestInfo")
	return &SyncRequest{
		MessageID: r.text(i, "messageId"), CorrelationID: r.text(i, "correlationId"), ServiceID: r.text(i, "serviceId"),
		MessageDate: r.date(i, "messageDate"), RouteID: r.text(i, "routeId"), Sender: r.sender(i),
		Properties: r.properties(i), SessionID: r.text(i, "sessionId"), Data: r.data(e, "requestData"),
	}
}

func (r *reader) syncResponse(e *xmltree.Element) *SyncResponse {
	i := r.one(e, "responseInfo")
	s := r.one(i, "status")
	return &SyncResponse{
		MessageID: r.text(i, "messageId"), CorrelationID: r.text(i, "correlationId"), ResponseDate: r.date(i, "responseDate"),
		Status: StatusInfo{Code: r.text(s, "code"), Message: r.text(s, "message")}, SessionID: r.text(i, "sessionId"),
		Data: r.data(e, "responseData"),
	}
}

func (r *reader) asyncRequest(e *xmltree.Element) *AsyncRequest {
	i := r.one(e, "messageInfo")
	return &AsyncRequest{
		MessageID: r.text(i, "messageId"), CorrelationID: r.text(i, "correlationId"), ServiceID: r.text(i, "serviceId"),
		MessageType: r.text(i, "messageType"), RouteID: r.text(i, "routeId"), MessageDate: r.date(i, "messageDate"),
		Sender: r.sender(i), Properties: r.properties(i), SessionID: r.text(i, "sessionId"), Data: r.data(e, "messageData"),
	}
}

func (r *reader) asyncResponse(e *xmltree.Element) *AsyncResponse {
	return &AsyncResponse{
		MessageID: r.text(e, "messageId"), CorrelationID: r.text(e, "correlationId"),
		ResponseDate: r.date(e, "responseDate"), SessionID: r.text(e, "sessionId"),
	}
}

func (r *reader) delivery(e *xmltree.Element) *DeliveryNotification {
	n := r.one(e, "notification")
	s := r.one(n, "deliveryStatus")
	return &DeliveryNotification{
		MessageID: r.text(n, "messageId"), ServiceID: r.text(n, "serviceId"), NotificationDate: r.date(n, "notificationDate"),
		ReceiveStatus: r.text(s, "receiveStatus"), StatusDate: r.date(s, "statusDate"), ResendMessage: r.text(s, "resendMessage"),
		Error: r.errorInfo(r.one(s, "error"), 0), RequestDate: r.date(e, "requestDate"), Sender: r.optionalSender(e),
	}
}

func (r *reader) deliveryResponse(e *xmltree.Element) *DeliveryNotificationResponse {
	return &DeliveryNotificationResponse{NotificationID: r.text(e, "notificationId"),
		ResponseDate: r.date(e, "responseDate"), SessionID: r.text(e, "sessionId")}
}

func (r *reader) statusRequest(e *xmltree.Element) *MessageStatusRequest {
	return &MessageStatusRequest{MessageID: r.text(e, "messageId"), RequestDate: r.date(e, "requestDate"),
		Sender: r.sender(e), Properties: r.properties(e)}
}

func (r *reader) messageStatus(e *xmltree.Element) MessageStatusInfo {
	s := r.one(e, "status")
	return MessageStatusInfo{Code: r.text(s, "statusCode"), Message: r.text(s, "statusMessage"), Date: r.date(s, "statusDate")}
}

func (r *reader) statusResponse(e *xmltree.Element) *MessageStatusResponse {
	return &MessageStatusResponse{MessageState: r.text(e, "messageState"), Status: r.messageStatus(e),
		ResponseDate: r.date(e, "responseDate"), SessionID: r.text(e, "sessionId")}
}

func (r *reader) messagesRequest(e *xmltree.Element) *MessagesRequest {
	return &MessagesRequest{
		MessageID: r.text(e, "messageId"), CorrelationID: r.text(e, "correlationId"), RequestDate: r.date(e, "requestDate"),
		ServiceID: r.text(e, "serviceId"), Sender: r.optionalSender(e), Amount: r.number(e, "amount"), Properties: r.properties(e),
	}
}

func (r *reader) messagesResponse(e *xmltree.Element) *MessagesResponse {
	m := &MessagesResponse{ResponseDate: r.date(e, "responseDate"), SessionID: r.text(e, "sessionId")}
	if e == nil {
		return m
	}
	for _, c := range e.Children() {
		if c.Local() != "messages" {
			continue
		}
		one := &reader{}
		m.Messages = append(m.Messages, *one.asyncRequest(c))
		if one.err != nil {
			if m.Unreadable == nil {
				m.Unreadable = map[int]error{}
			}
			m.Unreadable[len(m.Messages)-1] = one.err
		}
	}
	return m
}

func (r *reader) changeStatus(e *xmltree.Element) *ChangeStatusNotification {
	n := r.one(e, "notification")
	return &ChangeStatusNotification{
		NotificationID: r.text(n, "notificationId"), MessageID: r.text(n, "messageId"),
		NotificationDate: r.date(n, "notificationDate"), MessageState: r.text(n, "messageState"), Status: r.messageStatus(n),
		Error: r.errorInfo(r.one(n, "error"), 0), RequestDate: r.date(e, "requestDate"), SessionID: r.text(e, "sessionId"),
	}
}

func (r *reader) changeStatusResponse(e *xmltree.Element) *ChangeStatusResponse {
	return &ChangeStatusResponse{ResponseDate: r.date(e, "responseDate"), SessionID: r.text(e, "sessionId")}
}

// maxSubErrors is how deep errors in errors are followed.
const maxSubErrors = 8

func (r *reader) errorInfo(e *xmltree.Element, depth int) *ErrorInfo {
	if e == nil || depth > maxSubErrors {
		return nil
	}
	return &ErrorInfo{
		Code: r.text(e, "errorCode"), Message: r.text(e, "errorMessage"), Data: r.text(e, "errorData"),
		Date: r.date(e, "errorDate"), Sub: r.errorInfo(r.one(e, "subError"), depth+1), SessionID: r.text(e, "sessionId"),
	}
}

// fault reads a soap:Fault; the first element of its detail is taken for the ErrorInfo.
func (r *reader) fault(e *xmltree.Element) *Fault {
	f := &Fault{Text: r.text(e, "faultstring")}
	f.Code = r.text(e, "faultcode")
	for i := len(f.Code) - 1; i >= 0; i-- { // the code is a qualified name
		if f.Code[i] == ':' {
			f.Code = f.Code[i+1:]
			break
		}
	}
	detail := r.one(e, "detail")
	if detail == nil {
		return f
	}
	if children := detail.Children(); len(children) > 0 {
		f.Operation = operationOfFault(children[0].Local())
		f.Info = *r.errorInfo(children[0], 0)
	}
	return f
}
