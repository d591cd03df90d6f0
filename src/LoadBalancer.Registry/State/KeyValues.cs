namespace LoadBalancer.Registry.State;

/// <summary>Consul's key/value store, without sessions and locks.</summary>
/// <remarks><see href="https://developer.hashicorp.com/consul/api-docs/kv"/></remarks>
internal sealed class KeyValues(ChangeLog log, TimeProvider time)
{
    /// <summary>How long the index of a deleted key is remembered; Consul's tombstone TTL.</summary>
    public static readonly TimeSpan TombstoneTtl = TimeSpan.FromMinutes(15);

    private readonly SortedDictionary<string, KeyValueRow> _rows = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ulong> _tombstones = new(StringComparer.Ordinal);
    private readonly Queue<(string Key, ulong Index, long Deleted)> _expiry = new();
    private ulong _index;

    /// <summary>One key, or null; the index is the key's own while it exists.</summary>
    public Indexed<KeyValueRow?> Get(string key)
    {
        lock (log.Gate)
        {
            return _rows.TryGetValue(key, out var row) ? new(row, row.ModifyIndex) : new(null, _index);
        }
    }

    /// <summary>Every key that starts with <paramref name="prefix"/>; the index is that of the last change under it.</summary>
    public Indexed<KeyValueRow[]> List(string prefix)
    {
        lock (log.Gate)
        {
            KeyValueRow[] rows = [.. _rows.Values.Where(row => row.Key.StartsWith(prefix, StringComparison.Ordinal))];
            var index = rows.Select(row => row.ModifyIndex)
                .Concat(_tombstones.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(pair => pair.Value))
                .DefaultIfEmpty(_index)
                .Max();
            return new(rows, index);
        }
    }

    /// <summary>Writes a key. With <paramref name="cas"/> only if its index is that, or 0 and it does not exist.</summary>
    /// <returns>False when the comparison failed.</returns>
    public bool Put(string key, byte[] value, ulong flags, ulong? cas)
    {
        lock (log.Gate)
        {
            var before = _rows.GetValueOrDefault(key);
            if (cas is not null && cas != (before?.ModifyIndex ?? 0))
            {
                return false;
            }
            var index = log.NextUnderLock();
            _rows[key] = new KeyValueRow
            {
                Key = key,
                Flags = flags,
                Value = value.Length > 0 ? value : null,
                CreateIndex = before?.CreateIndex ?? index,
                ModifyIndex = index,
            };
            ChangedUnderLock(index);
            return true;
        }
    }

    /// <summary>Deletes a key, if it is there. With <paramref name="cas"/> only if its index is that.</summary>
    /// <returns>False when the comparison failed.</returns>
    public bool Delete(string key, ulong? cas)
    {
        lock (log.Gate)
        {
            var before = _rows.GetValueOrDefault(key);
            if (before is null)
            {
                return true;
            }
            if (cas is not null && cas != before.ModifyIndex)
            {
                return false;
            }
            DeleteUnderLock([key]);
            return true;
        }
    }

    /// <summary>Deletes every key that starts with <paramref name="prefix"/>.</summary>
    public void DeleteAll(string prefix)
    {
        lock (log.Gate)
        {
            DeleteUnderLock([.. _rows.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal))]);
        }
    }

    private void DeleteUnderLock(IReadOnlyList<string> keys)
    {
        if (keys.Count == 0)
        {
            return;
        }
        var index = log.NextUnderLock();
        foreach (var key in keys)
        {
            _rows.Remove(key);
            _tombstones[key] = index;
            _expiry.Enqueue((key, index, time.GetTimestamp()));
        }
        ChangedUnderLock(index);
    }

    private void ChangedUnderLock(ulong index)
    {
        while (_expiry.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Deleted) > TombstoneTtl)
        {
            _expiry.Dequeue();
            if (_tombstones.GetValueOrDefault(oldest.Key) == oldest.Index)
            {
                _tombstones.Remove(oldest.Key);
            }
        }
        _index = index;
        log.WakeUnderLock(new Scope(Table.KeyValues));
    }
}
