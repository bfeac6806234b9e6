import AdminCore
import ConsoleKit
import Foundation
import Glibc
import Presentation
import SafeText

/// The rows of a list in a file: CSV or JSON, by the ending of its name. The rows are those that
/// the filter shows, in the order of the list, with the keys of the matching command.
struct RowFile<Row: Identifiable & Sendable> where Row.ID: Sendable {
    let view: TableView<Row>
    let screen: () -> any Screen
    let json: @Sendable (Row) -> JSONValue
    /// Returns false for a row with nothing but its name yet.
    let isRead: (Row) -> Bool

    var command: Command {
        Command(
            name: "write", keys: [],
            help: "Writes the shown rows to a file, by its ending as CSV or JSON, such as :write rows.csv",
            isEnabled: { view.table.selected != nil }, whenDisabled: "There are no rows to write.",
            argument: .init(choices: { [] }, action: take)
        ) { .prompt(Prompt(label: "write the rows to: ", submit: take)) }
    }

    private func take(_ text: String) -> Effect {
        let path = String(text.trimmingPrefix { $0 == " " })
        guard !path.isEmpty else { return .say(.info("Nothing was written.")) }
        guard let form = RowForm(path) else {
            return .say(.failure("\(VisibleText.of(path)): the name must end in .csv or .json."))
        }
        // A later answer writes these rows too, not those that are shown by then.
        let rows = view.shownRows
        guard !rows.isEmpty else { return .say(.info("There are no rows to write.")) }
        var query = Query.value(Slot(screen(), "write"), "looking for \(path)") {
            try await BlockingCall.run { RowForm.Place(path) }
        } then: { result in
            switch result {
            case .success(.free): write(rows, form, path, replacing: false)
            case .success(.file(let size)): ask(path, size) { write(rows, form, path, replacing: true) }
            case .success(.other): .say(.failure("\(VisibleText.of(path)) exists and is not a regular file."))
            case .failure(let error): .failure(error)
            }
        }
        query.isPlanning = true
        return .ask(query)
    }

    private func ask(_ path: String, _ size: UInt64, _ accept: @escaping () -> Effect) -> Effect {
        .propose(
            Proposal(
                title: "Write the rows", lines: [Line("\(path) exists, with \(HumanText.bytes(size)).")],
                question: "Replace \(path)?", owner: screen(), accept: accept))
    }

    private func write(_ rows: [Row], _ form: RowForm, _ path: String, replacing: Bool) -> Effect {
        let (json, unread) = (json, rows.count { !isRead($0) })
        let count = HumanText.count(rows.count, "row")
        var query = Query.value(Slot(screen(), "write"), "writing \(count) to \(path)") {
            try await form.write(rows.map(json), to: path, replacing: replacing)
        } then: { result in
            switch result {
            case .success:
                let rest =
                    unread == 0 ? "." : "; \(HumanText.count(unread)) of them are not read yet and have few values."
                return .say(.info("Wrote \(count) to \(VisibleText.of(path))\(rest)"))
            case .failure(let error): return .failure(error)
            }
        }
        query.outlivesItsScreen = true
        return .ask(query)
    }
}

/// The form of a file with rows.
nonisolated enum RowForm: Sendable {
    case csv, json

    /// The state of a place in the file system.
    enum Place: Sendable, Equatable {
        case free
        case file(bytes: UInt64)
        case other

        init(_ path: String) {
            var information = stat()
            guard lstat(path, &information) == 0 else {
                self = .free
                return
            }
            self = information.st_mode & S_IFMT == S_IFREG ? .file(bytes: UInt64(information.st_size)) : .other
        }
    }

    /// The form by the ending of a name; nil if the ending is another one.
    init?(_ path: String) {
        let name = path.lowercased()
        if name.hasSuffix(".csv") {
            self = .csv
        } else if name.hasSuffix(".json") {
            self = .json
        } else {
            return nil
        }
    }

    func text(_ rows: [JSONValue]) -> String {
        switch self {
        case .csv: CSVText.of(rows)
        case .json: JSONValue.array(rows).text(pretty: true) + "\n"
        }
    }

    /// Writes the file, which appears whole or not at all.
    ///
    /// - Throws: `StoreError`, also for a file that appeared after the question, unless it may be
    ///   replaced.
    func write(_ rows: [JSONValue], to path: String, replacing: Bool) async throws {
        let bytes = Array(text(rows).utf8)
        try await FileDraft.write(path) { draft in
            try await BlockingCall.run(cancelled: nil) {
                guard replacing || Place(path) == .free else { throw Self.error(EEXIST, path) }
                try Self.write(bytes, to: draft)
            }
        }
    }

    private static func write(_ bytes: [UInt8], to draft: String) throws {
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw error(errno, draft) }
        defer { close(descriptor) }
        do {
            try DescriptorWriter.write(bytes, to: descriptor)
        } catch OutputError.failed(let number) {
            throw error(number, draft)
        }
    }

    private static func error(_ number: Int32, _ path: String) -> StoreError {
        StoreError(
            .ofFile(number), operation: "write the file", errno: number,
            reason: "\(path): \(StoreError.systemText(number))")
    }
}

extension TableView {
    /// The command that writes the rows to a file.
    ///
    /// - Parameters:
    ///   - json: Returns a row with the keys of the matching command.
    ///   - isRead: Returns false for a row with nothing but its name yet.
    func writeCommand(
        on screen: @escaping () -> any Screen, isRead: @escaping (Row) -> Bool = { _ in true },
        _ json: @escaping @Sendable (Row) -> JSONValue
    ) -> Command {
        RowFile(view: self, screen: screen, json: json, isRead: isRead).command
    }
}
