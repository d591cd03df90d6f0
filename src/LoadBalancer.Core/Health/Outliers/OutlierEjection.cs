namespace LoadBalancer.Core.Health.Outliers;

/// <summary>One endpoint's latest ejection.</summary>
/// <param name="Reason">Why, for people.</param>
/// <param name="InARow">How many there were in a row with this one.</param>
/// <param name="Until">When it ends, on the catalog's uptime.</param>
/// <param name="IsOver">True when it has ended.</param>
internal readonly record struct OutlierEjection(string Reason, int InARow, TimeSpan Until, bool IsOver);
