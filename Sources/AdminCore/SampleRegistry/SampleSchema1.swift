import Registry
import Foundation

/// An image as Docker before 1.10 pushed it: a signed manifest of schema 1. The registry stores the
/// signature as a blob of its own.
struct SampleSchema1 {
    let name: String
    let tag: String
    let created: SampleDate
    /// The layers, lowest first; each but the last is a parent of the next.
    let layers: [SampleBlob]

    /// The layer of v1 images that change no file: an empty tar archive, compressed by Go's gzip in
    /// 2014.
    static let emptyLayer = SampleBlob([
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x09, 0x6e, 0x88, 0x00, 0xff, 0x62, 0x18, 0x05, 0xa3, 0x60, 0x14,
        0x8c, 0x58, 0x00, 0x08, 0x00, 0x00, 0xff, 0xff, 0x2e, 0xaf, 0xb5, 0xef, 0x00, 0x04, 0x00, 0x00,
    ])

    /// The manifest without its signatures; its digest is the digest of the manifest.
    var payload: SampleBlob {
        var parent = ""
        var history: [String] = []
        for (index, layer) in layers.enumerated() {
            let id = SampleBlob("\(name) \(index) \(layer.digest)").digest.hex
            history.append(
                #"{"architecture":"amd64","config":{"Cmd":["/bin/sh"]},"created":"\#(created.text)","id":"\#(id)""#
                    + #"\#(parent),"os":"linux"}"#)
            parent = #","parent":"\#(id)""#
        }
        let compatibility = history.reversed().map { text in
            """
                  {
                     "v1Compatibility": "\(text.replacingOccurrences(of: "\"", with: "\\\""))"
                  }
            """
        }
        let sums = layers.reversed().map { layer in
            """
                  {
                     "blobSum": "\(layer.digest)"
                  }
            """
        }
        return SampleBlob(
            """
            {
               "schemaVersion": 1,
               "name": "\(name)",
               "tag": "\(tag)",
               "architecture": "amd64",
               "fsLayers": [
            \(sums.joined(separator: ",\n"))
               ],
               "history": [
            \(compatibility.joined(separator: ",\n"))
               ]
            }
            """)
    }

    /// A JSON web signature over `payload` in the right form, with random numbers, since no reader
    /// of a pool verifies them.
    func signature(of payload: SampleBlob) -> SampleBlob {
        var generator = SeededGenerator(seed: "\(name):\(tag)")
        func number(_ count: Int) -> String {
            base64url((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
        }
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        let key = (0..<12).map { _ in
            String((0..<4).map { _ in alphabet[Int.random(in: 0..<32, using: &generator)] })
        }.joined(separator: ":")
        // The tail follows `formatLength` bytes of the payload in the signed document.
        let tail = "\n}"
        let protected =
            #"{"formatLength":\#(payload.size - tail.utf8.count),"formatTail":"\#(base64url(tail.utf8))","#
            + #""time":"\#(created.text)"}"#
        return SampleBlob(
            #"{"header":{"jwk":{"crv":"P-256","kid":"\#(key)","kty":"EC","x":"\#(number(32))","y":"\#(number(32))"},"#
                + #""alg":"ES256"},"signature":"\#(number(64))","protected":"\#(base64url(protected.utf8))"}"#)
    }

    private func base64url(_ bytes: some Sequence<UInt8>) -> String {
        String(
            Data(bytes).base64EncodedString().compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }
}
