#if RADOS
import ObjectStore
import CRados
import Foundation

/// A command to the monitors, as `ceph` sends it. It blocks in librados, so it runs on a thread of
/// its own.
struct RadosCommand: Sendable {
    /// The command as JSON, in bytes, since the name of an object may be no UTF-8.
    let json: [UInt8]

    /// The command with this JSON.
    init(json: [UInt8]) {
        self.json = json
    }

    /// The command `prefix`, with an answer in JSON.
    init(_ prefix: String, _ arguments: [(name: String, value: ByteString)] = []) {
        var json = Array("{\"prefix\":".utf8)
        Self.append(ByteString(prefix), to: &json)
        for (name, value) in arguments + [("format", "json")] {
            json += Array(",\"\(name)\":".utf8)
            Self.append(value, to: &json)
        }
        self.init(json: json + Array("}".utf8))
    }

    private static func append(_ text: ByteString, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        for byte in text.bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): json += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: json += Array("\\u\(String(byte, radix: 16, width: 4))".utf8)
            default: json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }

    /// Sends the command and decodes the answer. Throws `.timedOut` if a monitor, or a mgr behind
    /// it, does not answer.
    func answer<Answer: Decodable & Sendable>(
        as type: Answer.Type, from connection: RadosConnection, _ operation: String, _ object: ObjectID? = nil
    ) async throws -> Answer {
        let data = try await data(from: connection, operation, object)
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch {
            throw StoreError(
                .other, operation: operation, object: object, reason: "the monitors' answer was not understood")
        }
    }

    /// Sends the command and returns the answer.
    func data(from connection: RadosConnection, _ operation: String, _ object: ObjectID?) async throws -> Data {
        try await connection.call(operation, object, timeout: connection.bounds.command) { connection in
            try Self.send(json, connection, operation, object)
        }
    }

    private static func send(
        _ json: [UInt8], _ connection: RadosConnection, _ operation: String, _ object: ObjectID?
    ) throws -> Data {
        try ByteString(bytes: json).withCString { text in
            var command: UnsafePointer<CChar>? = text
            var (output, message): (UnsafeMutablePointer<CChar>?, UnsafeMutablePointer<CChar>?)
            var (outputLength, messageLength) = (0, 0)
            let code = rados_mon_command(
                connection.raw, &command, 1, nil, 0, &output, &outputLength, &message, &messageLength)
            defer {
                rados_buffer_free(output)
                rados_buffer_free(message)
            }
            // A positive code means that a mgr did not answer.
            guard code == 0 else { throw StoreError.rados(code, operation, object) }
            return output.map { Data(bytes: $0, count: outputLength) } ?? Data()
        }
    }
}
#endif
