import AdminCore
import ConsoleKit
import Foundation

/// Makes the filters of tables from the filter language of the core.
nonisolated enum FilterSyntax {
    /// Returns the value that a row has in a field; nil for none, or if it is not known yet.
    typealias Values<Row> = @Sendable (_ row: Row, _ field: FilterField) -> FilterValue?

    /// Returns the filter of a text.
    ///
    /// - Parameters:
    ///   - fields: The fields that the rows have.
    ///   - clock: Ages are counted from its present moment.
    static func filter<Row>(
        _ text: String, fields: [FilterField], clock: WallClock, values: @escaping Values<Row>
    ) -> TableFilter<Row> {
        do {
            let filter = try Filter(text, fields: fields)
            let now = clock.now
            let test: TableFilter<Row>.Test = { row, contains in
                filter.matches(FilteredRow(row: row, values: values), now: now, containing: contains)
            }
            return TableFilter(
                text, words: filter.words, isPlain: filter.isPlain, test: filter.isEmpty ? nil : test)
        } catch {
            return TableFilter(text, problem: "\(error)")
        }
    }

    private struct FilteredRow<Row>: Filterable {
        let row: Row
        let values: Values<Row>
        /// Not used: the table looks for words itself.
        var filterText: String { "" }

        func value(of field: FilterField) -> FilterValue? { values(row, field) }
    }
}

nonisolated extension Table {
    /// A table whose filters compare fields of the rows.
    ///
    /// - Parameters:
    ///   - searchText: Returns the text in which the words of a filter are looked for.
    ///   - fields: The fields that the rows have.
    init(
        columns: [Column<Row>], searchText: @escaping @Sendable (Row) -> String,
        fields: [FilterField] = FilterField.allCases, clock: WallClock, values: @escaping FilterSyntax.Values<Row>
    ) {
        self.init(columns: columns, searchText: searchText) {
            FilterSyntax.filter($0, fields: fields, clock: clock, values: values)
        }
        let states =
            fields.contains(.state) ? FilterField.states.map { "state=\($0)" }.filter { !$0.contains(" ") } : []
        vocabulary = fields.map(\.rawValue) + states + ["and", "or", "not"]
    }

    /// A table whose rows have no fields to compare, so that no age is counted.
    init(columns: [Column<Row>], searchText: @escaping @Sendable (Row) -> String) {
        self.init(columns: columns, searchText: searchText, fields: [], clock: .stopped(at: .distantPast)) { _, _ in
            nil
        }
    }
}
