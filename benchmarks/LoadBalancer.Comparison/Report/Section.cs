using LoadBalancer.Comparison.Measure;

namespace LoadBalancer.Comparison.Report;

/// <summary>One work item under one kind of load.</summary>
/// <param name="Title">The heading.</param>
/// <param name="IsBulk">Units are gigabytes, not requests.</param>
/// <param name="Proxies">The proxies in the order in which they are listed.</param>
public sealed record Section(string Title, bool IsBulk, IReadOnlyList<ProxySamples> Proxies)
{
    /// <summary>The figures as text: median, range over the rounds, and × the better of the yardsticks.</summary>
    public Table ToTable()
    {
        var columns = Column.Of(IsBulk);
        var headers = columns.SelectMany(column => column.IsCompared ? (string[])[column.Header, "×"] : [column.Header]);
        var rows = Proxies.Select(IReadOnlyList<string> (proxy) =>
        [
            proxy.Proxy,
            .. columns.SelectMany(column => Cells(column, proxy)),
            proxy.Rounds.Sum(round => round.Errors).ToString("N0", null),
        ]);
        return new Table(Title, ["proxy", .. headers, "errors"], [.. rows]);
    }

    private IEnumerable<string> Cells(Column column, ProxySamples proxy)
    {
        var spread = proxy.Spread(column.Figure);
        yield return spread is { } s ? column.Format(s) : "-";
        if (column.IsCompared)
        {
            var ratio = Ratio.ToBetter(spread?.Median, Yardsticks(column), column.MoreIsBetter);
            yield return ratio?.ToString("0.00", null) ?? "-";
        }
    }

    private IEnumerable<double> Yardsticks(Column column) =>
        Proxies.Where(proxy => proxy.IsYardstick).Select(proxy => proxy.Spread(column.Figure)?.Median).OfType<double>();
}
