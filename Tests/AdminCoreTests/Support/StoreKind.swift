@testable import ObjectStore
@testable import RadosStore
@testable import SQLiteStore
import Foundation
import Testing

/// The kinds of stores that the conformance suites run over.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case sqliteMemory
    case sqliteFile
    #if RADOS
    case rados
    #endif

    /// The backend in the store's status; several kinds may have the same backend.
    var backend: StoreStatus.Backend {
        switch self {
        case .sqliteMemory, .sqliteFile: .sqlite
        #if RADOS
        case .rados: .rados
        #endif
        }
    }

    /// The clock that dates changes in a store of this kind.
    var clock: WallClock {
        switch backend {
        case .sqlite: .test
        case .rados: .system
        }
    }

    var testDescription: String { rawValue }

    func makeEmpty() async throws -> StoreUnderTest {
        switch self {
        case .sqliteMemory:
            return try StoreUnderTest.inMemory()
        case .sqliteFile:
            let directory = try TemporaryDirectory()
            let store = try await SQLiteStore.open(path: directory.path("store.sqlite"), create: true)
            return StoreUnderTest(self, reader: store.reader, writer: store.writer) {
                await store.close()
                directory.remove()
            }
        #if RADOS
        case .rados:
            let store = try await RadosPoolForTests.shared.take()
            return StoreUnderTest(self, reader: store.reader, writer: store.writer) {
                await RadosPoolForTests.shared.giveBack(store)
            }
        #endif
        }
    }
}
