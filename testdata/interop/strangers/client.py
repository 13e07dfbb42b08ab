"""A stranger's client: what zeep makes of the served WSDL, and nothing written for Kopir.

    python3 client.py ADDRESS DOCUMENT [KEY.pem CERTIFICATE.pem KOPIR.pem]

Sends an application to both channels, a change of status, and a message that has to be refused.
Prints the answers as zeep types them, in one line of JSON. With a key the Body is signed, the
certificate in a BinarySecurityToken to one channel and in X509Data beside X509IssuerSerial to the
other, and the answer's signature is verified with KOPIR.pem.
"""
import datetime
import json
import sys

import xmlsec
import zeep
from lxml import etree
from zeep import helpers, xsd
from zeep.wsse import signature as wsse

address, document, *keys = sys.argv[1:]
SESSION = "{f0774397-4fcd-484a-9434-f71535ee4326}"


def signature(form):
    class Signature(form):
        def verify(self, envelope):
            wsse.verify_envelope(envelope, keys[2])
            return envelope

    return Signature(keys[0], keys[1], signature_method=xmlsec.Transform.RSA_SHA256, digest_method=xmlsec.Transform.SHA256)


def client(path, form):
    return zeep.Client(address + path + "?wsdl", wsse=signature(form) if keys else None)


def refused(to, call):
    try:
        call()
    except zeep.exceptions.Fault as fault:
        return to.wsdl.types.deserialize(fault.detail[0])
    raise AssertionError("a message without a serviceId was taken")


def sync_request(service):
    text = xsd.AnyObject(xsd.String(), document)
    return {
        "requestInfo": {"messageId": "m-1", "correlationId": "c-1", "serviceId": service, "messageDate": now, "routeId": "R",
                        "sender": {"senderId": "stranger", "password": "p"}, "sessionId": SESSION},
        "requestData": {"data": text},
    }


def typed():
    fields = [xsd.Element("requestNumber", xsd.String()), xsd.Element("surname", xsd.String())]
    application = xsd.ComplexType(xsd.Sequence(fields), qname=etree.QName("urn:kopir:service:x:1", "Application"))
    return xsd.AnyObject(application, application(requestNumber="000000000001", surname="ҮЛГІҰЛЫ"))


now = datetime.datetime.now(datetime.timezone.utc)
sync, channel = client("/shep/sync", wsse.BinarySignature), client("/shep/async", wsse.Signature)
answers = {
    "sync": sync.service.SendMessage(request=sync_request("S")),
    "async": channel.service.sendMessage(request={
        "messageInfo": {"messageId": "254750124", "correlationId": "3382552", "serviceId": "S", "messageType": "REQUEST", "messageDate": now,
                        "sender": {"senderId": "stranger"}, "sessionId": SESSION},
        "messageData": {"data": typed()},
    }),
    "notice": channel.service.changeMassageStatusNotification(request={
        "notification": {"notificationId": "n-1", "messageId": "216386080", "notificationDate": now, "messageState": "DELIVERED",
                         "status": {"statusCode": "0", "statusMessage": "ok", "statusDate": now}},
        "requestDate": now, "sessionId": SESSION,
    }),
    "fault": refused(sync, lambda: sync.service.SendMessage(request=sync_request(""))),
}
print(json.dumps(helpers.serialize_object(answers, dict), default=lambda date: date.isoformat()))
