package envelope

// body writes the wrapper element of a message; its children are in the schema's order.
func (w *writer) body(body any) {
	switch m := body.(type) {
	case *SyncRequest:
		w.wrap(NSSync, "SendMessage", "request", func() { w.syncRequest(m) })
	case *SyncResponse:
		w.wrap(NSSync, "SendMessageResponse", "response", func() { w.syncResponse(m) })
	case *AsyncRequest:
		w.wrap(NSAsync, "sendMessage", "request", func() { w.asyncRequest(m) })
	case *AsyncResponse:
		w.wrap(NSAsync, "sendMessageResponse", "response", func() { w.asyncResponse(m) })
	case *DeliveryNotification:
		w.wrap(NSAsync, "sendDeliveryNotification", "request", func() { w.delivery(m) })
	case *DeliveryNotificationResponse:
		w.wrap(NSAsync, "sendDeliveryNotificationResponse", "response", func() {
			w.must("notificationId", m.NotificationID)
			w.date("responseDate", m.ResponseDate)
			w.guid("sessionId", m.SessionID, true)
		})
	case *MessageStatusRequest:
		w.wrap(NSAsync, "getMessageStatus", "request", func() {
			w.must("messageId", m.MessageID)
			w.date("requestDate", m.RequestDate)
			w.sender(m.Sender)
			w.properties(m.Properties)
		})
	case *MessageStatusResponse:
		w.wrap(NSAsync, "getMessageStatusResponse", "response", func() { w.statusResponse(m) })
	case *MessagesRequest:
		w.wrap(NSAsync, "getMessages", "request", func() { w.messagesRequest(m) })
	case *MessagesResponse:
		w.wrap(NSAsync, "getMessagesResponse", "response", func() { w.messagesResponse(m) })
	case *ChangeStatusNotification:
		w.wrap(NSClient, "changeMassageStatusNotification", "request", func() { w.changeStatus(m) })
	case *ChangeStatusResponse:
		w.wrap(NSClient, "changeMassageStatusNotificationResponse", "response", func() {
			w.date("responseDate", m.ResponseDate)
			w.guid("sessionId", m.SessionID, true)
		})
	case *Fault:
		w.fault(m)
	default:
		w.fail("no message of type %T", body)
	}
}

func (w *writer) wrap(space, operation, inner string, children func()) {
	w.raw("<ns2:" + operation + ` xmlns:ns2="` + space + `">`)
	w.open(inner)
	children()
	w.close(inner)
	w.close("ns2:" + operation)
}

func (w *writer) syncRequest(m *SyncRequest) {
	w.open("requestInfo")
	w.must("messageId", m.MessageID)
	w.may("correlationId", m.CorrelationID)
	w.must("serviceId", m.ServiceID)
	w.date("messageDate", m.MessageDate)
	w.may("routeId", m.RouteID)
	w.sender(m.Sender)
	w.properties(m.Properties)
	w.guid("sessionId", m.SessionID, false)
	w.close("requestInfo")
	w.open("requestData")
	w.data(m.Data, false)
	w.close("requestData")
}

func (w *writer) syncResponse(m *SyncResponse) {
	w.open("responseInfo")
	w.must("messageId", m.MessageID)
	w.may("correlationId", m.CorrelationID)
	w.date("responseDate", m.ResponseDate)
	w.status(m.Status)
	w.guid("sessionId", m.SessionID, false)
	w.close("responseInfo")
	w.open("responseData")
	w.data(m.Data, false)
	w.close("responseData")
}

func (w *writer) asyncRequest(m *AsyncRequest) {
	if m.MessageType != TypeRequest && m.CorrelationID == "" {
		w.fail("a %s needs the correlationId of its chain", m.MessageType)
	}
	w.open("messageInfo")
	w.may("messageId", m.MessageID)
	w.may("correlationId", m.CorrelationID)
	w.must("serviceId", m.ServiceID)
	w.oneOf("messageType", m.MessageType, TypeRequest, TypeNotification, TypeUpdate, TypeResponse)
	w.may("routeId", m.RouteID)
	w.date("messageDate", m.MessageDate)
	w.sender(m.Sender)
	w.properties(m.Properties)
	w.guid("sessionId", m.SessionID, false)
	w.close("messageInfo")
	w.open("messageData")
	w.data(m.Data, true)
	w.close("messageData")
}

// asyncResponse echoes ids; one that did not come is echoed empty, for the elements have to be there.
func (w *writer) asyncResponse(m *AsyncResponse) {
	w.element("messageId", m.MessageID)
	w.element("correlationId", m.CorrelationID)
	w.date("responseDate", m.ResponseDate)
	w.guid("sessionId", m.SessionID, false)
}

func (w *writer) delivery(m *DeliveryNotification) {
	w.open("notification")
	w.must("messageId", m.MessageID)
	w.must("serviceId", m.ServiceID)
	w.date("notificationDate", m.NotificationDate)
	w.open("deliveryStatus")
	w.oneOf("receiveStatus", m.ReceiveStatus, ReceiveAccepted, ReceiveNotAccepted)
	w.date("statusDate", m.StatusDate)
	w.oneOf("resendMessage", m.ResendMessage, Resend, NotResend)
	if m.Error != nil {
		w.open("error")
		w.errorInfo(*m.Error)
		w.close("error")
	}
	w.close("deliveryStatus")
	w.close("notification")
	w.date("requestDate", m.RequestDate)
	if m.Sender != nil {
		w.sender(*m.Sender)
	}
}

func (w *writer) messageStatus(s MessageStatusInfo) {
	w.open("status")
	w.must("statusCode", s.Code)
	w.element("statusMessage", s.Message)
	w.date("statusDate", s.Date)
	w.close("status")
}

func (w *writer) messageState(state string) {
	w.oneOf("messageState", state, StateOnDelivery, StateDelivered, StateNotDelivered, StateDeliveryStopped)
}

func (w *writer) statusResponse(m *MessageStatusResponse) {
	w.messageState(m.MessageState)
	w.messageStatus(m.Status)
	w.date("responseDate", m.ResponseDate)
	w.may("sessionId", m.SessionID)
}

func (w *writer) messagesRequest(m *MessagesRequest) {
	w.may("messageId", m.MessageID)
	w.may("correlationId", m.CorrelationID)
	w.mayDate("requestDate", m.RequestDate)
	w.must("serviceId", m.ServiceID)
	if m.Sender != nil {
		w.sender(*m.Sender)
	}
	if m.Amount > 0 {
		w.element("amount", itoa(m.Amount))
	}
	w.properties(m.Properties)
}

func (w *writer) messagesResponse(m *MessagesResponse) {
	w.date("responseDate", m.ResponseDate)
	w.guid("sessionId", m.SessionID, true)
	for i := range m.Messages {
		w.open("messages")
		w.asyncRequest(&m.Messages[i])
		w.close("messages")
	}
}

func (w *writer) changeStatus(m *ChangeStatusNotification) {
	w.open("notification")
	w.must("notificationId", m.NotificationID)
	w.must("messageId", m.MessageID)
	w.date("notificationDate", m.NotificationDate)
	w.messageState(m.MessageState)
	w.messageStatus(m.Status)
	if m.Error != nil {
		w.open("error")
		w.errorInfo(*m.Error)
		w.close("error")
	}
	w.close("notification")
	w.date("requestDate", m.RequestDate)
	w.guid("sessionId", m.SessionID, false)
}
