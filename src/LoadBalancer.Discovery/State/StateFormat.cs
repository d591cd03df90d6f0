using System.Collections.Immutable;
using System.Text.Json;
using LoadBalancer.Core.Health.Orders;
using LoadBalancer.Core.Model;

namespace LoadBalancer.Discovery.State;

/// <summary>Turns what is saved into the bytes of a state file and back.</summary>
internal static class StateFormat
{
    /// <summary>The bytes of a state file.</summary>
    public static byte[] Write(SavedState state, DateTimeOffset writtenAt) =>
        JsonSerializer.SerializeToUtf8Bytes(
            new StateContent
            {
                Version = StateContent.CurrentVersion,
                WrittenAt = writtenAt,
                Services = [.. state.Services.Select(Save)],
                Orders = [.. state.Orders.Select(Save)],
            },
            StateJson.Default.StateContent);

    /// <summary>Reads what <see cref="Write"/> wrote, whole or not at all.</summary>
    /// <exception cref="InvalidDataException">The bytes are no state file of this version.</exception>
    public static SavedState Read(ReadOnlySpan<byte> bytes)
    {
        StateContent? content;
        try
        {
            content = JsonSerializer.Deserialize(bytes, StateJson.Default.StateContent);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException("it is not JSON or has another shape: " + e.Message, e);
        }
        if (content?.Version != StateContent.CurrentVersion)
        {
            throw new InvalidDataException($"its version is {content?.Version}, and this program reads version {StateContent.CurrentVersion}");
        }
        SavedService[] services = [.. Required(content.Services, "services").Select(Restore)];
        SavedOrder[] orders = [.. (content.Orders ?? []).Select(Restore)];
        // Names are compared without regard to case, as everywhere.
        if (services.DistinctBy(static saved => (saved.Source, saved.Service.ToUpperInvariant())).Count() < services.Length)
        {
            throw new InvalidDataException("a service stands twice in it");
        }
        return orders.DistinctBy(static saved => (saved.Service.ToUpperInvariant(), saved.Endpoint)).Count() == orders.Length
            ? new SavedState(services, orders)
            : throw new InvalidDataException("an endpoint has two orders in it");
    }

    private static StateContent.Service Save(SavedService saved) => new()
    {
        Source = saved.Source,
        Name = saved.Service,
        ObservedAt = saved.ObservedAt,
        Endpoints = [.. saved.Endpoints.Select(Save)],
    };

    private static StateContent.Endpoint Save(ObservedEndpoint endpoint) => new()
    {
        Node = endpoint.Id.Node,
        Id = endpoint.Id.ServiceId,
        Host = endpoint.Host,
        Port = endpoint.Port,
        Weight = endpoint.Weight,
        WarningWeight = endpoint.WarningWeight,
        Priority = endpoint.Priority,
        State = endpoint.State.ToString(),
        Reason = endpoint.Reason,
        Tags = endpoint.Tags,
        Meta = endpoint.Meta!,
        Registered = endpoint.Registered,
        Datacenter = endpoint.Datacenter,
    };

    private static StateContent.Order Save(SavedOrder saved) => new()
    {
        Service = saved.Service,
        Node = saved.Endpoint.Node,
        Id = saved.Endpoint.ServiceId,
        State = saved.Order.State.ToString(),
        Weight = saved.Order.Weight,
        Since = saved.Order.Since,
    };

    private static SavedOrder Restore(StateContent.Order? order)
    {
        var service = Required(order?.Service, "service");
        if (order!.Weight is < 0 or > OperatorOrder.MaxWeight || !Enum.TryParse<OrderState>(order.State, out var state) || !Enum.IsDefined(state))
        {
            throw new InvalidDataException($"the weight or state of an order for '{service}' is impossible");
        }
        return new SavedOrder(service, new EndpointId(Required(order.Node, "node"), Required(order.Id, "id")), new OperatorOrder(state, order.Weight, order.Since));
    }

    private static SavedService Restore(StateContent.Service? service)
    {
        var name = Required(service?.Name, "name");
        ImmutableArray<ObservedEndpoint> endpoints = [.. Required(service?.Endpoints, "endpoints").Select(Restore)];
        return endpoints.Select(endpoint => endpoint.Id).Distinct().Count() == endpoints.Length
            ? new SavedService(Required(service?.Source, "source"), name, service!.ObservedAt, endpoints)
            : throw new InvalidDataException($"an endpoint of '{name}' stands twice in it");
    }

    private static ObservedEndpoint Restore(StateContent.Endpoint? endpoint)
    {
        var host = Required(endpoint?.Host, "host");
        if (host.Length == 0 || endpoint!.Port is < 1 or > 65535 || endpoint.Weight < 0 || endpoint.WarningWeight < 0
            || !Enum.TryParse<SourceState>(endpoint.State, out var state) || !Enum.IsDefined(state))
        {
            throw new InvalidDataException($"the port, weight or state of its endpoint '{host}' is impossible");
        }
        return new ObservedEndpoint
        {
            Id = new EndpointId(Required(endpoint.Node, "node"), Required(endpoint.Id, "id")),
            Host = host,
            Port = endpoint.Port,
            Weight = endpoint.Weight,
            WarningWeight = endpoint.WarningWeight,
            Priority = endpoint.Priority,
            State = state,
            Reason = endpoint.Reason,
            Tags = [.. Required(endpoint.Tags, "tags").Select(tag => Required(tag, "tags"))],
            Meta = Required(endpoint.Meta, "meta").ToImmutableDictionary(pair => pair.Key, pair => Required(pair.Value, "meta")),
            Registered = endpoint.Registered,
            Datacenter = Required(endpoint.Datacenter, "datacenter"),
        };
    }

    private static T Required<T>(T? value, string key)
        where T : class => value ?? throw new InvalidDataException($"it lacks a value of '{key}'");
}
