using System.Collections.Immutable;
using System.Text;
using CsCheck;
using LoadBalancer.Core.Health.Orders;
using LoadBalancer.Core.Model;
using LoadBalancer.Discovery.State;
using LoadBalancer.TestSupport;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace LoadBalancer.Discovery.Tests.State;

public sealed class StateFileTests : IDisposable
{
    private static readonly Gen<string> s_text = Gen.String[Gen.Char[(char)1, '\ud7ff'], 0, 12];

    private static readonly Gen<ObservedEndpoint> s_endpoint =
        from node in s_text
        from id in s_text
        from host in s_text
        from numbers in Gen.Int[0, 65535].Array[4]
        from state in Gen.Enum<SourceState>()
        from reason in s_text.Null()
        from tags in s_text.Array[0, 3]
        from meta in Gen.Dictionary(s_text, s_text)[0, 3]
        from registered in Gen.ULong
        select new ObservedEndpoint
        {
            Id = new EndpointId(node, id),
            Host = "h" + host,
            Port = Math.Max(1, numbers[0]),
            Weight = numbers[1],
            WarningWeight = numbers[2],
            Priority = numbers[3],
            State = state,
            Reason = reason,
            Tags = [.. tags],
            Meta = meta.ToImmutableDictionary(),
            Registered = registered,
            Datacenter = id,
        };

    private static readonly Gen<SavedService[]> s_services =
        (from source in Gen.OneOf(Gen.Const("consul"), Gen.Const("dns"), Gen.Const("static"))
         from service in s_text
         from at in Gen.DateTimeOffset
         from endpoints in s_endpoint.Array[0, 5]
         select new SavedService(source, service, at, [.. endpoints.DistinctBy(endpoint => endpoint.Id)])).Array[0, 4]
        .Select(states => states.DistinctBy(saved => (saved.Source, saved.Service.ToUpperInvariant())).ToArray());

    private static readonly Gen<SavedOrder[]> s_orders =
        (from service in s_text
         from node in s_text
         from id in s_text
         from state in Gen.Enum<OrderState>()
         from weight in Gen.Int[0, 65535].Nullable()
         from since in Gen.DateTimeOffset
         select new SavedOrder(service, new EndpointId(node, id), new OperatorOrder(state, weight, since))).Array[0, 4]
        .Select(orders => orders.DistinctBy(saved => (saved.Service.ToUpperInvariant(), saved.Endpoint)).ToArray());

    private static readonly Gen<SavedState> s_states = Gen.Select(s_services, s_orders, (services, orders) => new SavedState(services, orders));

    private readonly string _folder = Directory.CreateTempSubdirectory("lb-state").FullName;
    private readonly FakeTimeProvider _time = new();

    private string StatePath => Path.Combine(_folder, "lb.state.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_written_is_read_back_and_no_part_of_it_is()
    {
        Gen.Select(s_states, Gen.Double[0, 1]).Sample((state, cut) =>
        {
            var bytes = StateFormat.Write(state, DateTimeOffset.UnixEpoch);
            var read = StateFormat.Read(bytes);
            Assert.Equal(state.Services, read.Services, Same);
            Assert.Equal(state.Orders, read.Orders);
            Assert.Throws<InvalidDataException>(() => StateFormat.Read(bytes.AsSpan(0, (int)(cut * (bytes.Length - 1)))));
        }, iter: 300);
    }

    [Fact]
    public void A_changed_byte_is_refused_or_read_but_nothing_else()
    {
        Gen.Select(s_states, Gen.Int, Gen.Byte).Sample((state, at, value) =>
        {
            var bytes = StateFormat.Write(state, DateTimeOffset.UnixEpoch);
            bytes[(int)((uint)at % bytes.Length)] = value;
            try
            {
                var read = StateFormat.Read(bytes);
                Assert.All(read.Services.SelectMany(service => service.Endpoints), endpoint => Assert.InRange(endpoint.Port, 1, 65535));
                Assert.All(read.Orders, saved => Assert.InRange(saved.Order.Weight ?? 0, 0, 65535));
            }
            catch (InvalidDataException)
            {
            }
        }, iter: 300);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"version":0,"services":[]}""")]
    [InlineData("""{"version":2,"services":[]}""")]
    [InlineData("""{"version":1}""")]
    [InlineData("""{"version":1,"services":[null]}""")]
    [InlineData("""{"version":1,"services":[{"name":"a","source":"dns"}]}""")]
    [InlineData("""{"version":1,"services":[{"name":"a","source":"dns","observedAt":"2020-01-01T00:00:00Z","endpoints":[]},{"name":"A","source":"dns","observedAt":"2020-01-01T00:00:00Z","endpoints":[]}]}""")]
    [InlineData("""{"version":1,"services":[{"name":"a","source":"dns","observedAt":"2020-01-01T00:00:00Z","endpoints":[{"host":"a","port":0}]}]}""")]
    [InlineData("""{"version":1,"services":[],"orders":[null]}""")]
    [InlineData("""{"version":1,"services":[],"orders":[{"service":"a","node":"n","id":"i","state":"Away"}]}""")]
    [InlineData("""{"version":1,"services":[],"orders":[{"service":"a","node":"n","id":"i","state":"Ready","weight":65536}]}""")]
    [InlineData("""{"version":1,"services":[],"orders":[{"service":"a","node":"n","id":"i","state":"Drain"},{"service":"A","node":"n","id":"i","state":"Ready","weight":1}]}""")]
    public async Task A_file_that_is_no_state_of_this_version_is_ignored_and_replaced(string content)
    {
        await File.WriteAllTextAsync(StatePath, content, TestContext.Current.CancellationToken);
        await using var file = Open();
        Assert.Equal(SavedState.Empty, file.Load());

        file.Schedule(() => Saved("a"));
        await file.FlushAsync();
        Assert.Equal("a", Assert.Single(file.Load().Services).Service);
    }

    [Fact]
    public void A_file_of_a_program_that_knew_no_orders_is_read()
    {
        var state = StateFormat.Read("""{"version":1,"writtenAt":"2020-01-01T00:00:00Z","services":[{"name":"a","source":"dns","observedAt":"2020-01-01T00:00:00Z","endpoints":[]}]}"""u8);
        Assert.Equal("a", Assert.Single(state.Services).Service);
        Assert.Empty(state.Orders);
    }

    [Fact]
    public void A_file_that_does_not_say_which_registration_is_the_newest_is_read()
    {
        var older = Encoding.UTF8.GetString(StateFormat.Write(Saved("a"), DateTimeOffset.UnixEpoch)).Replace("\"registered\":0,", "", StringComparison.Ordinal);
        Assert.DoesNotContain("registered", older, StringComparison.Ordinal);

        Assert.Equal(Saved("a").Services, StateFormat.Read(Encoding.UTF8.GetBytes(older)).Services, Same);
    }

    [Fact]
    public async Task No_file_and_a_folder_in_its_place_are_no_state()
    {
        await using var file = Open();
        Assert.Equal(SavedState.Empty, file.Load());

        Directory.CreateDirectory(StatePath);
        Assert.Equal(SavedState.Empty, file.Load());
        file.Schedule(() => Saved("a"));
        await file.FlushAsync();
        Assert.Equal(SavedState.Empty, file.Load());
    }

    [Fact]
    public async Task Many_changes_are_one_write_a_second_later_with_the_last_state()
    {
        await using var file = Open();
        var captures = 0;
        for (var i = 1; i <= 100; i++)
        {
            var name = $"s{i}";
            file.Schedule(() =>
            {
                Interlocked.Increment(ref captures);
                return Saved(name);
            });
            _time.Advance(TimeSpan.FromMilliseconds(9));
        }
        Assert.Equal(0, captures);
        Assert.False(File.Exists(StatePath));

        _time.Advance(TimeSpan.FromMilliseconds(100));
        await Eventually.True(() => File.Exists(StatePath), "it is written");
        Assert.Equal("s100", Assert.Single(file.Load().Services).Service);

        _time.Advance(TimeSpan.FromMinutes(1));
        await file.FlushAsync();
        Assert.Equal(1, captures);
    }

    [Fact]
    public async Task The_end_writes_what_is_waiting()
    {
        await using (var file = Open())
        {
            file.Schedule(() => Saved("last"));
        }
        await using var next = Open();
        Assert.Equal("last", Assert.Single(next.Load().Services).Service);
        Assert.Contains("\"writtenAt\":\"2000-01-01T00:00:00", await File.ReadAllTextAsync(StatePath, TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_that_fails_leaves_the_old_state_and_is_tried_again()
    {
        await using var file = Open();
        file.Schedule(() => Saved("old"));
        Assert.True(await file.FlushAsync());

        // A folder where the temporary file goes: no write can start.
        Directory.CreateDirectory(StatePath + ".tmp");
        file.Schedule(() => Saved("new"));
        Assert.False(await file.FlushAsync());
        Assert.Equal("old", Assert.Single(file.Load().Services).Service);

        Directory.Delete(StatePath + ".tmp");
        _time.Advance(TimeSpan.FromSeconds(10));
        await Eventually.True(() => file.Load().Services is [{ Service: "new" }], "it is written");
    }

    [Fact]
    public async Task A_reader_never_sees_a_part()
    {
        await using var file = Open();
        var large = Saved([.. Enumerable.Range(0, 500).Select(i => $"s{i}")]);
        file.Schedule(() => large);
        await file.FlushAsync();
        var done = false;
        var reads = Task.Run(() =>
        {
            var count = 0;
            while (!Volatile.Read(ref done) || count == 0)
            {
                Assert.Equal(500, StateFormat.Read(File.ReadAllBytes(StatePath)).Services.Count);
                count++;
            }
        }, TestContext.Current.CancellationToken);
        for (var i = 0; i < 20; i++)
        {
            file.Schedule(() => large);
            await file.FlushAsync();
        }
        Volatile.Write(ref done, true);
        await reads;
    }

    [Fact]
    public async Task Only_the_owner_may_read_it()
    {
        await File.WriteAllTextAsync(StatePath + ".tmp", "left over by a crash, readable by all", Encoding.UTF8, TestContext.Current.CancellationToken);
        await using var file = Open();
        file.Schedule(() => Saved("a"));
        await file.FlushAsync();

        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(StatePath));
        }
        Assert.Equal([StatePath], Directory.GetFiles(_folder));
    }

    private static bool Same(SavedService a, SavedService b) =>
        (a.Source, a.Service, a.ObservedAt) == (b.Source, b.Service, b.ObservedAt) && a.Endpoints.SequenceEqual(b.Endpoints)
        // Not part of an endpoint's equality.
        && a.Endpoints.Select(endpoint => endpoint.Registered).SequenceEqual(b.Endpoints.Select(endpoint => endpoint.Registered));

    private static SavedState Saved(params string[] services) => new([.. services.Select(static service => new SavedService("dns", service, DateTimeOffset.UnixEpoch,
        [new ObservedEndpoint { Id = EndpointId.OfAddress("10.0.0.1", 80), Host = "10.0.0.1", Port = 80 }]))], []);

    private StateFile Open() => new(StatePath, _time, NullLogger<StateFile>.Instance);
}
