# pyexpat by its handlers, and the packages that stand on it.
import pyexpat
import xml.dom.minidom
import xml.etree.ElementTree as ET
import xml.sax

DOCUMENTS = [
    b'<?xml version="1.0" encoding="utf-8" standalone="yes"?>\n<a b="1" c=\'x&amp;y\'>text\nmore &lt; &#65;&#x42;<b/>tail</a>\n<!-- c --><?pi data?>\n',
    b'<a xmlns="u" xmlns:p="v" p:x="1" y="2"><p:b p:z="3"/><c xmlns=""/></a>',
    b'<!DOCTYPE a [<!ENTITY e "x<b>y</b>&f;"><!ENTITY f "zz\n"><!ATTLIST a t CDATA "d" n NMTOKENS #IMPLIED>]><a n=" p  q ">&e;</a>',
    b'<!DOCTYPE a SYSTEM "s" [<!ELEMENT a (b|(c,d)*)+><!NOTATION g PUBLIC "p"><!ENTITY u SYSTEM "s" NDATA g>]><a/>',
    '<?xml version="1.0" encoding="utf-16"?><a é="ü">€</a>'.encode('utf-16'),
    b'<?xml version="1.0" encoding="cp1252"?><a>\x80</a>',
    b'<a><![CDATA[x]]y\n<&]]>z</a>',
    b'', b'<a', b'<a></b>', b'<a/><b/>', b'<a>&u;</a>', b'<a b="1" b="2"/>', b'<a>]]></a>', b'<p:a/>', b'x', b'<a>\xff</a>',
    b'<!DOCTYPE a [<!ENTITY a "&b;"><!ENTITY b "&a;">]><a>&a;</a>',
]

def events(pieces, separator):
    parser = pyexpat.ParserCreate(None, separator)
    parser.buffer_text = True
    found = []
    for name in dir(parser):
        if name.endswith('Handler') and name not in ('DefaultHandler', 'NotStandaloneHandler'):
            setattr(parser, name, lambda *args, name=name[:-7]: found.append((name, *args)) or 1)
    try:
        for piece in pieces:
            parser.Parse(piece)
        parser.Parse(b'', True)
    except pyexpat.ExpatError as error:
        found.append((str(error), error.code))
    return found

for document in DOCUMENTS:
    for separator in None, ' ':
        whole = events([document], separator)
        print(*whole, sep='\n  ')
        pieces = [document[i:i + 1] for i in range(len(document))]
        if isinstance(whole[-1][-1], int) and 'line' in str(whole[-1][0]):
            print(events(pieces, separator)[-1])

root = ET.fromstring('<a x="1"><b>t&amp;</b>tail<c/></a>')
print(ET.tostring(root), [element.tag for element in root.iter()], root.find('b').text)
try:
    ET.fromstring('<a><b></a>')
except ET.ParseError as error:
    print(error, error.position, error.code)
print(xml.dom.minidom.parseString('<a x="1"><b>t</b><!-- c --></a>').toprettyxml())

class Handler(xml.sax.ContentHandler):
    def startElement(self, name, attributes):
        print('start', name, dict(attributes))

    def characters(self, text):
        print('text', repr(text))

xml.sax.parseString(b'<a x="1">t<b/></a>', Handler())
