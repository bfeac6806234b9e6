import AdminCore
import Presentation
import Foundation

/// The result of the latest complete run of `fsck` on a store, in a file of the state directory:
/// `status -f prometheus` tells when it was, and how many errors it left.
nonisolated struct FsckRecord: Hashable, Sendable, Codable {
    /// The store, as `HashCheckpoint` names it.
    let store: String
    /// The end of the run.
    let ended: Date
    /// The number of errors that the run left.
    let errors: Int

    /// Records the result of a run. The file appears whole or not at all.
    ///
    /// - Returns: A sentence for the user if the file cannot be written.
    static func write(
        errors: Int, of session: Session, directory: String? = StateDirectory.path()
    ) async -> String? {
        guard let directory else { return nil }
        do {
            guard let store = try await HashCheckpoint.name(of: session) else { return nil }
            let record = FsckRecord(store: store, ended: session.clock.now, errors: errors)
            try await BlockingCall.run(on: .global()) {
                StateDirectory.make(directory)
                let encoder = JSONEncoder()
                encoder.dateEncodingStrategy = .secondsSince1970
                try encoder.encode(record).write(
                    to: URL(filePath: path(of: store, in: directory)), options: .atomic)
            }
            return nil
        } catch {
            return
                "the result cannot be recorded in \(directory) for status -f prometheus: \(error.localizedDescription)"
        }
    }

    /// Reads the record of a store; nil if there is none, or none that can be read.
    static func read(of session: Session, directory: String? = StateDirectory.path()) async throws -> FsckRecord? {
        guard let directory, let store = try await HashCheckpoint.name(of: session) else { return nil }
        return try await BlockingCall.run(on: .global()) {
            guard let data = try? RegularFile.read(path(of: store, in: directory), limit: 1 << 16) else { return nil }
            let decoder = JSONDecoder()
            decoder.dateDecodingStrategy = .secondsSince1970
            let record = try? decoder.decode(FsckRecord.self, from: data)
            // The name of the file has a part of a digest only.
            return record?.store == store ? record : nil
        }
    }

    private static func path(of store: String, in directory: String) -> String {
        "\(directory)/fsck-\(Digest.sha256(of: store.utf8).hex.prefix(16)).last"
    }
}
