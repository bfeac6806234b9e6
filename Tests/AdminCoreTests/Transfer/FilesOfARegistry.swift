import Foundation

@testable import Registry

/// A reader of distribution's layout that knows only files: no code of the driver takes part.
struct FilesOfARegistry {
    let root: String

    private var version: String { "\(root)/docker/registry/v2" }

    /// The tags, as `name:tag`, with the digests in their links.
    func tags() throws -> [String: String] {
        var tags: [String: String] = [:]
        let repositories = "\(version)/repositories"
        for case let path as String in FileManager.default.enumerator(atPath: repositories) ?? .init() {
            guard path.hasSuffix("/current/link"), let range = path.range(of: "/_manifests/tags/") else { continue }
            let tag = path[range.upperBound...].dropLast("/current/link".count)
            tags["\(path[..<range.lowerBound]):\(tag)"] = try String(
                contentsOfFile: "\(repositories)/\(path)", encoding: .utf8)
        }
        return tags
    }

    /// The parts of tagged images that are missing or wrong: none in a target of an export, at any
    /// moment.
    func faults() throws -> [String] {
        var faults: [String] = []
        for (reference, digest) in try tags() {
            let name = String(reference.prefix { $0 != ":" })
            try check(digest, as: "\(name)/_manifests/revisions", of: name) { faults.append("\(reference) \($0)") }
        }
        return faults
    }

    private func check(
        _ digest: String, as kind: String, of name: String, _ fail: (String) -> Void
    ) throws {
        let hex = String(digest.dropFirst("sha256:".count))
        let link = "\(version)/repositories/\(kind)/sha256/\(hex)/link"
        if (try? String(contentsOfFile: link, encoding: .utf8)) != digest { fail("lacks \(link)") }
        guard let bytes = FileManager.default.contents(atPath: "\(version)/blobs/sha256/\(hex.prefix(2))/\(hex)/data")
        else {
            return fail("lacks the blob \(digest)")
        }
        if Digest.sha256(of: bytes).string != digest { fail("has a wrong blob \(digest)") }
        guard kind.hasSuffix("revisions"),
            let document = try JSONSerialization.jsonObject(with: bytes) as? [String: Any]
        else { return }
        for child in document["manifests"] as? [[String: Any]] ?? [] {
            try check(child["digest"] as? String ?? "", as: kind, of: name, fail)
        }
        var blobs = (document["layers"] as? [[String: Any]] ?? []).map { $0["digest"] as? String ?? "" }
        blobs += (document["fsLayers"] as? [[String: Any]] ?? []).map { $0["blobSum"] as? String ?? "" }
        if let config = document["config"] as? [String: Any] { blobs.append(config["digest"] as? String ?? "") }
        for blob in blobs { try check(blob, as: "\(name)/_layers", of: name, fail) }
    }
}
