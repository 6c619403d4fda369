using Pqf.Tensors.Devices;
using Pqf.Tensors.Devices.Host;
using Xunit;

namespace Pqf.Tensors.Tests.Host;

/// <summary>A device that one thread uses lets no other in.</summary>
public class DeviceUseTests
{
    [Theory]
    [InlineData("begin a scope")]
    [InlineData("end a scope")]
    [InlineData("make a tensor")]
    [InlineData("run a loop")]
    public void What_another_thread_does_meanwhile_is_an_error_at_once(string what)
    {
        using var device = new HostDevice(1);
        using var outer = device.BeginScope();
        var scope = device.BeginScope();
        using (device.Use())
        {
            var error = Assert.Throws<InvalidOperationException>(() => OnAnother(() => Do(what, device, scope)));
            Assert.Contains("used by two threads at once", error.Message, StringComparison.Ordinal);
        }

        OnAnother(() => Do(what, device, scope)); // in its turn
        scope.Dispose();
    }

    [Fact]
    public void Stretches_of_one_thread_lie_within_each_other()
    {
        using var device = new HostDevice(1);
        using (device.Use())
        {
            using (device.Use()) { }

            Assert.Throws<InvalidOperationException>(() => OnAnother(() => device.BeginScope().Dispose()));
        }

        OnAnother(() => device.BeginScope().Dispose());
    }

    static void Do(string what, HostDevice device, Scope scope)
    {
        switch (what)
        {
            case "begin a scope":
                device.BeginScope().Dispose();
                break;
            case "end a scope":
                scope.Dispose();
                break;
            case "make a tensor":
                Tensor<float>.Zeros(device, [1]);
                break;
            default:
                device.For(1, default(Nothing));
                break;
        }
    }

    /// <summary>Runs on a thread of its own; throws what was thrown there.</summary>
    static void OnAnother(Action action)
    {
        Exception? thrown = null;
        var thread = new Thread(() => thrown = Record.Exception(action));
        thread.Start();
        thread.Join();
        if (thrown is not null)
            throw thrown;
    }

    readonly struct Nothing : IHostWork
    {
        public void Invoke(int item, int thread) { }
    }
}
