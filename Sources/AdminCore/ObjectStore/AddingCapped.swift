/// Returns the sum of two counts, or `UInt64.max` if it is larger: sizes in a pool are claims.
package func addingCapped(_ left: UInt64, _ right: UInt64) -> UInt64 {
    let (sum, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : sum
}
