#if RADOS
import Foundation
import Glibc
import Subprocess

/// A DNS server for one process, on a loopback address that no other program uses.
final class NameServer: Sendable {
    private let address: String
    private let descriptor: Int32

    /// Answers with one target on this machine for each service, such as `_ceph-mon._tcp`, and a
    /// port; nil never answers.
    init(_ services: [String: UInt16]?) throws {
        descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        address = "127.\(UInt8.random(in: 1...250)).\(UInt8.random(in: 1...250)).\(UInt8.random(in: 1...250))"
        var name = Self.name(address)
        let code = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { [descriptor] in
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard code == 0 else { throw ProgramRun.NotThis(description: "\(address):53 cannot be used: \(errno)") }
        Thread.detachNewThread { [descriptor] in
            Self.serve(descriptor, services)
            close(descriptor)
        }
    }

    /// Sends an empty question, which ends the server.
    func stop() {
        var name = Self.name(address)
        withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, "", 0, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// The words that precede a command and make this server its only DNS server.
    func through(in place: TemporaryPlace) throws -> [String] {
        let file = "\(place.path)/resolv.\(UUID().uuidString)"
        try "search monitors.test\nnameserver \(address)\n".write(toFile: file, atomically: true, encoding: .utf8)
        return Self.alone + ["mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"", file]
    }

    /// True if a process can get its own view of files.
    static func canBeUsed() async throws -> Bool {
        guard geteuid() == 0 else { return false }
        let words = alone + ["mount --bind /dev/null /etc/resolv.conf"]
        let result = try await Subprocess.run(
            .name("env"), arguments: Arguments(words), output: .discarded, error: .discarded)
        return result.terminationStatus.isSuccess
    }

    private static let alone = ["unshare", "--mount", "sh", "-c"]

    private static func name(_ address: String) -> sockaddr_in {
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(53).bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        return name
    }

    private static func serve(_ descriptor: Int32, _ services: [String: UInt16]?) {
        var buffer = [UInt8](repeating: 0, count: 2048)
        var client = sockaddr_in()
        var count = 1
        while count > 0 {
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &client) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { client in
                    count = recvfrom(descriptor, &buffer, buffer.count, 0, client, &length)
                    guard count > 0, let services, let answer = answer(Array(buffer[..<count]), services) else {
                        return
                    }
                    _ = sendto(descriptor, answer, answer.count, 0, client, length)
                }
            }
        }
    }

    /// A message is 12 bytes, of which the first two are its number; the question, as words with
    /// their lengths, type and class; and the answers.
    private static func answer(_ question: [UInt8], _ services: [String: UInt16]) -> [UInt8]? {
        var words: [String] = []
        var index = 12
        while index < question.count, question[index] > 0 {
            let end = index + 1 + Int(question[index])
            guard end < question.count else { return nil }
            words.append(String(decoding: question[(index + 1)..<end], as: UTF8.self))
            index = end
        }
        guard index + 4 < question.count else { return nil }
        let (service, target) = (words.prefix(2).joined(separator: "."), ["mon"] + words.dropFirst(2))
        var data: [UInt8]?
        switch (question[index + 2], services[service]) {
        // SRV: priority, weight, port, target.
        case (33, let port?) where words.count > 2:
            data = [0, 1, 0, 1, UInt8(port >> 8), UInt8(port & 255)]
            for word in target { data = (data ?? []) + [UInt8(word.utf8.count)] + Array(word.utf8) }
            data?.append(0)
        // A: the address.
        case (1, _) where words.first == "mon": data = [127, 0, 0, 1]
        default: break
        }
        let isKnown = data != nil
        var message = Array(question[..<2])
        message += [0x81, isKnown ? 0x80 : 0x83, 0, 1, 0, isKnown ? 1 : 0, 0, 0, 0, 0]
        message += question[12..<(index + 5)]
        if let data {
            message += [0xc0, 12, 0, question[index + 2], 0, 1, 0, 0, 0, 60, 0, UInt8(data.count)]
            message += data
        }
        return message
    }
}
#endif
