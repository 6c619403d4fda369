using Xunit.Sdk;
using Xunit.v3;

// A device is used by one thread at a time, and two cores have nothing to gain from parallel tests.
[assembly: Parallelization(Mode = ParallelMode.None)]
