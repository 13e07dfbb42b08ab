/* A stranger's client: what gSOAP makes of the served WSDL, and nothing written for Kopir.
 *
 *     client ADDRESS DOCUMENT
 *
 * Sends an application to the synchronous channel in CDATA and to the other as an element, and a message
 * that has to be refused. Prints what the generated code has read in the answers, one to a line, and the
 * business reply as the last: gSOAP gives and takes anyType as XML. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "soapH.h"
#include "SyncChannelHttpBinding.nsmap"

static char *session = "{f0774397-4fcd-484a-9434-f71535ee4326}";
static char address[256];

static const char *at(const char *base, const char *path) {
    snprintf(address, sizeof address, "%s%s", base, path);
    return address;
}

static int sync_message(struct soap *soap, const char *base, char *service, char *document, struct _sync__SendMessageResponse *answer) {
    struct com__SenderInfo sender = {.senderId = "stranger"};
    struct sync__SyncMessageInfo info = {.messageId = "m-1", .correlationId = "c-1", .serviceId = service,
                                         .messageDate = time(NULL), .routeId = "R", .sender = &sender, .sessionId = session};
    struct req__RequestData data = {.data = document};
    struct req__SyncSendMessageRequest request = {.requestInfo = &info, .requestData = &data};
    struct _sync__SendMessage message = {.request = &request};
    return soap_call___syncport__SendMessage(soap, at(base, "/shep/sync"), NULL, &message, answer);
}

static int async_message(struct soap *soap, const char *base, char *document, struct _async__sendMessageResponse *answer) {
    struct com__SenderInfo sender = {.senderId = "stranger"};
    struct it__AsyncMessageInfo info = {.messageId = "254750124", .correlationId = "3382552", .serviceId = "S",
                                        .messageType = it__MessageType__REQUEST, .messageDate = time(NULL), .sender = &sender, .sessionId = session};
    struct it__MessageData data = {.data = document};
    struct it__AsyncSendMessageRequest request = {.messageInfo = &info, .messageData = &data};
    struct _async__sendMessage message = {.request = &request};
    return soap_call___asyncport__sendMessage(soap, at(base, "/shep/async"), NULL, &message, answer);
}

static int failed(struct soap *soap) {
    soap_print_fault(soap, stderr);
    return 1;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    char text[4096], *element = strstr(argv[2], "?>");
    if (snprintf(text, sizeof text, "<![CDATA[%s]]>", argv[2]) >= (int)sizeof text || !element) return 2;
    struct soap *soap = soap_new1(SOAP_C_UTFSTRING);
    struct _sync__SendMessageResponse sync;
    struct _async__sendMessageResponse async;
    if (sync_message(soap, argv[1], "S", text, &sync)) return failed(soap);
    if (async_message(soap, argv[1], element + 2, &async)) return failed(soap);
    struct sync__SyncMessageInfoResponse *info = sync.response->responseInfo;
    printf("sync %s %s %s %ld\n", info->correlationId, info->sessionId, info->status->code, (long)info->responseDate);
    printf("async %s %s %s %ld\n", async.response->messageId, async.response->correlationId, async.response->sessionId, (long)async.response->responseDate);
    struct _sync__SendMessageResponse none;
    if (sync_message(soap, argv[1], "", text, &none) != SOAP_FAULT) return failed(soap);
    printf("fault %s\n", soap->fault->detail->sync__SendMessageFault1_USCORESendMessageFault->errorCode);
    printf("%s\n", sync.response->responseData->data);
    soap_destroy(soap);
    soap_end(soap);
    soap_free(soap);
    return 0;
}
