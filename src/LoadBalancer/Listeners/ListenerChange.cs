namespace LoadBalancer.Listeners;

/// <summary>Listeners that are bound and wait for the rest of a new configuration to be in force; undone unless committed.</summary>
internal sealed class ListenerChange(Func<Task> commit, Func<Task> undo) : IAsyncDisposable
{
    private bool _isOver;

    /// <summary>Begins to accept on what is new, takes over what stays, stops what is gone.</summary>
    public Task CommitAsync()
    {
        _isOver = true;
        return commit();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_isOver)
        {
            _isOver = true;
            await undo().ConfigureAwait(false);
        }
    }
}
