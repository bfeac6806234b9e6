import Foundation
import Testing

@testable import ConsoleKit

/// The real program shows the same states in a terminal as the frames of the goldens.
@Suite(.serialized, .timeLimit(.minutes(15))) struct TerminalGoldenTests {
    @Test(arguments: ["repositories", "repository", "blob", "question", "help"], [0, 1, 2])
    func aCaptureEqualsTheGolden(_ name: String, _ size: Int) async throws {
        let size = Golden.sizes[size]
        let scene = try #require(Scene.all.first { $0.name == name })
        try await TerminalWindow.with(["demo"], columns: size.columns, rows: size.rows) { window in
            try await window.idle()
            try await window.play(scene)
            let kept = try #require(try Golden.kept(name, size)).split(
                separator: "\n", omittingEmptySubsequences: false)
            // Load and size of the store depend on the order of operations.
            let rows = try await window.screen()
            let header = rows[0].untilTraffic, expected = String(kept[0]).untilTraffic
            #expect(header == expected)
            #expect(Array(rows[1..<size.rows]) == kept[1..<size.rows].map(String.init))
        }
    }
}

extension String {
    fileprivate var untilTraffic: String {
        let front = range(of: "in flight").map { String(self[..<$0.lowerBound]) } ?? self
        return front.replacing(/[0-9]+\.[0-9] MiB/, with: "MiB")
    }
}

extension TerminalWindow {
    /// Performs the steps of a scene with keys.
    func play(_ scene: Scene) async throws {
        for step in scene.steps {
            switch step {
            case .find(let text):
                try await press("/")
                try await type(text)
                try await press("Enter")
            case .run(let name):
                try await press(":")
                try await type(name)
                try await press("Enter")
            case .press(let key): try await press(Self.name(of: key))
            case .answer(let text):
                try await type(text)
                try await press("Enter")
            }
        }
    }

    private static func name(of key: Key) -> String {
        switch key {
        case .enter: "Enter"
        case .escape: "Escape"
        case .up: "Up"
        case .down: "Down"
        case .pageDown: "PageDown"
        case .character(let character): String(character)
        default: key.label
        }
    }
}
