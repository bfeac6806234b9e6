import Foundation
import Testing

@testable import Registry
@testable import SampleRegistry

/// A row with the given values.
struct FilterRow: Filterable, Sendable {
    var values: [FilterField: FilterValue] = [:]
    var filterText = ""

    func value(of field: FilterField) -> FilterValue? { values[field] }
}

@Suite("Filters") struct FilterTests {
    static let now = Date(timeIntervalSince1970: 1_700_000_000)

    static let row = FilterRow(
        values: [
            .name: .text("team/app/web"), .size: .number(3 << 30), .unique: .number(600 << 20), .tags: .number(2),
            .modified: .time(now.addingTimeInterval(-200 * 86_400)),
            .created: .time(Date(timeIntervalSince1970: 1_420_070_400)), .state: .text("damaged"),
            .digest: .text("sha256:d7753236" + String(repeating: "0", count: 56)),
            .platforms: .texts(["linux/amd64", "linux/arm64"]),
        ], filterText: "team/app/web damaged The layer is missing.")

    @Test(
        "filters that match",
        arguments: [
            "", "  ", "team", "TEAM", "app damaged", "age>180d", "age>26w", "age<1y", "age>=200d", "age > 180d",
            "size>1G",
            "size>=3G", "size=3221225472", "size<3.5GiB", "unique>500M", "tags=2", "tags!=3", "tags<3 and age>180d",
            "tags<3 age>180d", "name~^team/", "name!~^library/", "name~web$", "name=TEAM/APP/WEB", "state=damaged",
            "not state=ok", "platform~arm", "platforms=linux/arm64", "platforms!=windows/amd64", "modified>2015-01-01",
            "created=2015-01-01", "created<2015-01-01T00:00:01Z", "nothing or team", "not (nothing or size<1G)",
            "(nothing or team) and tags=2", "nothing and x or team", "'layer is'", "\"layer is\" not ok",
            "NOT nothing AND team", "tags=2 not \"andd\"", "repository~web", "changed>2000-01-01",
            "name~^(team|app)/[a-z]+/w.b$", "not not team", "age>180d(tags=2)", "digest=d775",
            "digest=sha256:d7753236…",
            "digest=SHA256:D775", "digest!=d776", "digest~^sha256:d7",
        ])
    func holds(_ text: String) throws {
        #expect(try Filter(text).matches(FilterTests.row, now: FilterTests.now))
    }

    @Test(
        "filters that do not match; an unknown value fulfils nothing",
        arguments: [
            "nothing", "team nothing", "age<180d", "size>3G", "tags=0", "name=team", "name~^app", "state!=damaged",
            "platforms!=linux/arm64", "platforms!~amd", "shared>0", "shared<=0", "digest!=d775", "digest=7532",
            "revisions!=1", "not team",
            "team and not damaged", "created>2015-01-01",
        ])
    func fails(_ text: String) throws {
        #expect(try !Filter(text).matches(FilterTests.row, now: FilterTests.now))
    }

    @Test(
        "a text that is no filter: the mistake, the expected text, the column",
        arguments: [
            ("age>", "age needs a duration such as 180d (column 5)"),
            ("age>180", "age needs a duration such as 180d, not \"180\" (column 5)"),
            ("age>fast", "age needs a duration such as 180d, not \"fast\" (column 5)"),
            ("team size>x", "size needs a size such as 500M, not \"x\" (column 11)"),
            ("tags>1.5", "tags needs a number such as 3, not \"1.5\" (column 6)"),
            ("digest=d77", "digest needs 4 or more digits of a digest such as sha256:d7753236, not \"d77\" (column 8)"),
            ("colour=red", "unknown field \"colour\"; fields: created, "),
            ("name>x", "name is compared by =, !=, ~ or !~, not by > (column 5)"),
            ("size~1", "size is compared by =, !=, <, <=, > or >=, not by ~ (column 5)"),
            ("(a or b", "missing \")\" for the \"(\" in column 1 (column 8)"),
            ("a)", "\")\" has no \"(\" (column 2)"),
            ("()", "something must stand before \")\" (column 2)"),
            ("a or", "unfinished filter: something must follow \"or\" (column 5)"),
            ("or a", "something must stand before \"or\" (column 1)"),
            ("\"open", "missing closing quotation mark (column 1)"),
            (">5", "a field must stand before \">\", as in age>180d (column 1)"),
            ("a ! b", "\"!\" must be part of != or !~; \"not\" negates (column 3)"),
            ("age>1y andd tags<3", "unknown word \"andd\"; write and, or \"andd\" in quotes to look for it (column 8)"),
            ("tags<3 || x", "unknown word \"||\"; write or, "),
            ("state=broken", "unknown state \"broken\"; states: ok, damaged, untagged, uploads-only, … (column 7)"),
            ("name~[a", "missing \"]\" (column 8)"),
            ("name~a**(", "missing \")\" (column 10)"),
            ("name~*", "\"*\" has nothing to repeat (column 6)"),
            ("created>2015-13-01", "created needs a day or a time such as 2015-01-31, not \"2015-13-01\" (column 9)"),
        ])
    func problems(_ text: String, _ message: String) {
        #expect(
            performing: { try Filter(text) },
            throws: { error in
                "\(error)".hasPrefix(message)
                    || {
                        Issue.record("\(error)"); return false
                    }()
            })
    }

    @Test("no text crashes the parser or takes long")
    func hostile() throws {
        for text in [
            String(repeating: "(", count: 4000), String(repeating: "not ", count: 1000),
            String(repeating: "a ", count: 2000),
            String(repeating: "a", count: 5000), "name~" + String(repeating: "(a*)*", count: 30),
        ] {
            _ = try? Filter(text)
        }
        // A matcher that backtracks takes exponential time for this pattern.
        let filter = try Filter("name~^(a+)+(a|aa)*(a*)*$")
        let row = FilterRow(values: [.name: .text(String(repeating: "a", count: 4000) + "b")])
        #expect(!filter.matches(row, now: FilterTests.now))
        #expect(throws: FilterProblem.self) { try Filter("name~" + String(repeating: "a", count: 201)) }
    }

    @Test("random texts never crash the parser; a printed filter parses to an equal one")
    func randomTexts() {
        var generator = SeededGenerator(seed: "texts")
        let pieces = [
            "age", "size", ">", "<=", "~", "!~", "=", "180d", "1G", "(", ")", " ", " and ", " or ", " not ", "\"", "'",
            "\\",
            "x", "name", "tags", "[", "]", "*", "^", "|", "é", "\u{0}", "2015-01-01", "!", "0",
        ]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0..<12, using: &generator)).compactMap { _ in
                pieces.randomElement(using: &generator)
            }.joined()
            guard let filter = try? Filter(text) else { continue }
            #expect((try? Filter(filter.description)) == filter, "\(text) → \(filter)")
        }
    }

    @Test("random filters: printing and parsing keep them; a naive evaluation agrees")
    func randomFilters() throws {
        var generator = SeededGenerator(seed: "filters")
        for _ in 0..<3000 {
            let term = RandomFilter.term(4, &generator)
            let filter = Filter(term)
            #expect(try Filter(filter.description) == filter, "\(filter)")
            for _ in 0..<4 {
                let row = RandomFilter.row(&generator)
                #expect(
                    filter.matches(row, now: FilterTests.now) == RandomFilter.naive(term, row),
                    "\(filter) on \(row)")
            }
        }
    }
}

/// Random filters and rows, and an evaluation of filters that shares no code with `Filter`.
private enum RandomFilter {
    static func term(_ depth: Int, _ generator: inout SeededGenerator) -> Filter.Term {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &generator) {
        case 0: return .word(["x", "team", "two words", "and", "a\"b\\", "("].randomElement(using: &generator) ?? "x")
        case 1:
            return .comparison(
                [.size, .tags, .age].randomElement(using: &generator) ?? .size, order(&generator),
                .number([0, 1, 60, 1024, 3 << 20, 86_400 * 365].randomElement(using: &generator) ?? 0))
        case 2:
            let seconds = Double(Int.random(in: 0..<1000, using: &generator)) * 86_400
            return .comparison(.modified, order(&generator), .time(FilterTests.now.addingTimeInterval(-seconds)))
        case 3:
            return .comparison(
                .name, Bool.random(using: &generator) ? .equal : .unequal,
                .text(["x", "Team", ""].randomElement(using: &generator) ?? "x"))
        case 4:
            guard let prefix = DigestPrefix(["d775", "sha256:beef"].randomElement(using: &generator) ?? "") else {
                return .word("x")
            }
            return .comparison(
                .digest, Bool.random(using: &generator) ? .equal : .unequal, .digest(prefix))
        case 5: return .not(term(depth - 1, &generator))
        case 6: return .and(term(depth - 1, &generator), term(depth - 1, &generator))
        default: return .or(term(depth - 1, &generator), term(depth - 1, &generator))
        }
    }

    private static func order(_ generator: inout SeededGenerator) -> Filter.Comparison {
        [.equal, .unequal, .less, .atMost, .greater, .atLeast].randomElement(using: &generator) ?? .equal
    }

    static func row(_ generator: inout SeededGenerator) -> FilterRow {
        var row = FilterRow(filterText: ["x team", "two words", "A\"b\\ (", ""].randomElement(using: &generator) ?? "")
        if Bool.random(using: &generator) {
            row.values[.size] = .number([0, 1, 1024, 3 << 20].randomElement(using: &generator) ?? 0)
        }
        if Bool.random(using: &generator) { row.values[.tags] = .number(UInt64.random(in: 0..<3, using: &generator)) }
        if Bool.random(using: &generator) { row.values[.name] = .text(Bool.random(using: &generator) ? "x" : "TEAM") }
        if Bool.random(using: &generator) {
            row.values[.digest] = .text("sha256:d775" + String(repeating: "0", count: 60))
        }
        if Bool.random(using: &generator) {
            row.values[.modified] = .time(
                FilterTests.now.addingTimeInterval(-Double(Int.random(in: 0..<1000, using: &generator)) * 86_400))
        }
        return row
    }

    static func naive(_ term: Filter.Term, _ row: FilterRow) -> Bool {
        switch term {
        case .word(let word): return row.filterText.lowercased().contains(word.lowercased())
        case .not(let term): return !naive(term, row)
        case .and(let left, let right): return [left, right].allSatisfy { naive($0, row) }
        case .or(let left, let right): return [left, right].contains { naive($0, row) }
        case .comparison(.name, let comparison, .text(let text)):
            guard case .text(let name)? = row.values[.name] else { return false }
            return (name.lowercased() == text.lowercased()) == (comparison == .equal)
        case .comparison(.digest, let comparison, let operand):
            guard case .text(let digest)? = row.values[.digest] else { return false }
            return digest.contains("\(operand)".contains("d775") ? "d775" : "beef") == (comparison == .equal)
        case .comparison(let field, let comparison, let operand):
            var left: Double?
            var right = 0.0
            switch (field, row.values[field == .age ? .modified : field]) {
            case (.age, .time(let date)?): left = FilterTests.now.timeIntervalSince1970 - date.timeIntervalSince1970
            case (_, .time(let date)?): left = date.timeIntervalSince1970
            case (_, .number(let number)?): left = Double(number)
            default: left = nil
            }
            switch operand {
            case .number(let number): right = Double(number)
            case .time(let date): right = date.timeIntervalSince1970
            default: return false
            }
            guard let left else { return false }
            switch comparison {
            case .equal: return left == right
            case .unequal: return left < right || left > right
            case .less: return left < right
            case .atMost: return !(left > right)
            case .greater: return left > right
            case .atLeast: return !(left < right)
            case .matches, .doesNotMatch: return false
            }
        }
    }
}
