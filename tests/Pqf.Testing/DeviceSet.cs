using ILGPU;
using ILGPU.Runtime.CPU;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Xunit;
using Device = Pqf.Tensors.Devices.Device;

namespace Pqf.Testing;

/// <summary>One device of each kind, opened when first asked for and kept for the whole run: an assembly fixture.</summary>
public sealed class DeviceSet : IDisposable
{
    /// <summary>A simulated work item costs some 3.5 µs: tests give it this many at most.</summary>
    public const int SimulatorItems = 4096;

    readonly Dictionary<DeviceKind, Result<Device, string>> opened = [];

    /// <summary>The device of a kind; skips the test where this machine has none.</summary>
    public Device Get(DeviceKind kind)
    {
        if (!opened.TryGetValue(kind, out var result))
            opened[kind] = result = Open(kind);
        return result.Match(
            device => device,
            reason =>
            {
                Assert.Skip(reason);
                return null!; // not reached: Skip throws
            }
        );
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var result in opened.Values)
            if (result is Result<Device, string>.Ok { Value: var device })
                device.Dispose();
    }

    static Result<Device, string> Open(DeviceKind kind) =>
        kind switch
        {
            DeviceKind.Host => new HostDevice(2), // two threads on any machine: what is cut between threads is cut in every run
            DeviceKind.Simulator => OpenSimulator(),
            DeviceKind.Pocl => Pocl.Open(),
            _ => DeviceCatalog.Open("cuda").Match<Result<Device, string>>(device => device, error => error.Message),
        };

    static GpuDevice OpenSimulator()
    {
        var largestGroup = new CPUDevice(16, 16, 1); // 256 work items, what group kernels may ask for
        var context = Context.Create(builder => builder.CPU(largestGroup).EnableAlgorithms());
        return new GpuDevice(context.GetCPUDevice(0).CreateCPUAccelerator(context), context);
    }
}
