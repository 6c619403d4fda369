using Xunit;

// A device is used by one thread at a time, and timing-free tests gain nothing from sharing two cores.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
