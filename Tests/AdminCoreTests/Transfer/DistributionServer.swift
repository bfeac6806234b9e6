import Foundation
import FoundationNetworking
import Subprocess
import Testing

@testable import Registry

/// The registry of Debian's package docker-registry, which serves a directory over HTTP.
struct DistributionServer: Sendable {
    /// The address and the port.
    let address: String

    /// Serves a directory while `body` runs.
    static func serve<Value: Sendable>(
        _ directory: String, _ body: @Sendable @escaping (DistributionServer) async throws -> Value
    ) async throws -> Value {
        let place = try TemporaryDirectory()
        defer { place.remove() }
        let configuration = place.path("config.yml")
        // Port 0 lets the system choose; the log names the port.
        let text = """
            version: 0.1
            log: {level: info, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: "\(directory)"}, maintenance: {readonly: {enabled: true}}}
            http: {addr: "127.0.0.1:0"}
            compatibility: {schema1: {enabled: true}}
            """
        try text.write(toFile: configuration, atomically: true, encoding: .utf8)
        // The log up to the line with the port. The rest is read as well: otherwise the registry
        // waits.
        let command =
            "exec docker-registry serve \"$0\" 2> >(sed -u '/listening on/q'; exec cat > /dev/null)"
        let result = try await Subprocess.run(
            .name("bash"), arguments: ["-c", command, configuration], input: .none, output: .sequence,
            error: .discarded
        ) { execution -> Value in
            var log = execution.standardOutput.makeAsyncIterator()
            var (text, address) = ("", String?.none)
            while address == nil, let piece = try await log.next() {
                text += String(decoding: piece.withUnsafeBytes { Array($0) }, as: UTF8.self)
                address = text.firstMatch(of: #/listening on (127\.0\.0\.1:\d+)[^\d]/#).map { String($0.1) }
            }
            let server = DistributionServer(address: try #require(address, "\(text)"))
            do {
                let value = try await body(server)
                try execution.send(signal: .kill)
                while try await log.next() != nil {}
                return value
            } catch {
                try execution.send(signal: .kill)
                throw error
            }
        }
        return result.closureResult
    }

    private static let manifestTypes = [
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
    ]

    /// The names of the catalogue, read page by page.
    func repositories() async throws -> [String] {
        var names: [String] = []
        var page: String? = "_catalog?n=10"
        while let path = page {
            let (data, answer) = try await get(path)
            names += try json(data)["repositories"] as? [String] ?? []
            let link = answer.value(forHTTPHeaderField: "Link")
            page = link?.firstMatch(of: #/<\/v2\/([^>]+)>; rel="next"/#).map { String($0.1) }
        }
        return names
    }

    func tags(of name: String) async throws -> [String] {
        try await json(get("\(name)/tags/list").0)["tags"] as? [String] ?? []
    }

    /// A manifest, and the digest that the registry says for it.
    func manifest(_ name: String, _ reference: String) async throws -> (bytes: [UInt8], digest: String) {
        let (data, response) = try await get("\(name)/manifests/\(reference)")
        return (Array(data), response.value(forHTTPHeaderField: "Docker-Content-Digest") ?? "")
    }

    /// The digest of the bytes of a blob.
    func blob(_ name: String, _ digest: Digest) async throws -> Digest {
        Digest.sha256(of: try await get("\(name)/blobs/\(digest)").0)
    }

    private func json(_ data: Data) throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
    }

    private func get(_ path: String) async throws -> (Data, HTTPURLResponse) {
        let url = try #require(URL(string: "http://\(address)/v2/\(path)"))
        var request = URLRequest(url: url)
        request.setValue(Self.manifestTypes.joined(separator: ", "), forHTTPHeaderField: "Accept")
        let (data, response) = try await URLSession.shared.data(for: request)
        let answer = try #require(response as? HTTPURLResponse)
        try #require(answer.statusCode == 200, "\(path): \(answer.statusCode) \(String(decoding: data, as: UTF8.self))")
        return (data, answer)
    }
}
