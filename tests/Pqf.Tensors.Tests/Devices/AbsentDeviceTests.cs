using Pqf.Testing;
using Xunit;

namespace Pqf.Tensors.Tests.Devices;

public class AbsentDeviceTests(DeviceSet devices)
{
    public static TheoryData<DeviceKind> Kinds => [.. DeviceKinds.Wanted];

    /// <summary>One skipped test stands for all that need a device which this machine lacks: other theories have no rows for it.</summary>
    [Theory, MemberData(nameof(Kinds))]
    public void Conformance_tests_run_on_every_device_of_the_machine(DeviceKind kind)
    {
        Assert.NotNull(devices.Get(kind));
        Assert.Contains(kind, DeviceKinds.All);
    }
}
