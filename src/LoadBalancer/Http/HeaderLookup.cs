using LoadBalancer.Core.Routing;
using Microsoft.AspNetCore.Http;

namespace LoadBalancer.Http;

/// <summary>ASP.NET's request headers as routing reads them.</summary>
internal sealed class HeaderLookup(IHeaderDictionary headers) : IHeaderLookup
{
    public string? Find(string name) => headers.TryGetValue(name, out var values) ? values.ToString() : null;
}
