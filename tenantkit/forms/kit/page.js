/* What a form does on the page itself. It runs when the browser loads the form's style sheet, as `this`, a second time if
   the notebook moves the form. Line ends become blanks in an attribute, so each statement ends with a semicolon. */
(function (style) {
  const form = style.closest('.tk-form');
  if (!form || form.tkIsReady) return;
  form.tkIsReady = true;

  /* Plain keys are the form's. Without this, A, B, D or J pressed on a button edit the notebook. */
  const isNotebooks = event => event.ctrlKey || event.metaKey || event.altKey || /^(Tab|Escape|F\d+)$/.test(event.key)
    || (event.shiftKey && event.key === 'Enter');
  form.addEventListener('keydown', event => { if (!isNotebooks(event)) event.stopPropagation(); });

  /* Radio buttons with one name are one stop of Tab, and the arrow keys select among them. */
  const group = () => form.querySelectorAll('.widget-radio-box').forEach(box => {
    box.tkName = box.tkName || 'tk-' + Math.random().toString(36).slice(2);
    const label = box.parentElement.querySelector('.widget-label');
    box.setAttribute('role', 'radiogroup');
    if (label) box.setAttribute('aria-label', label.textContent);
    box.querySelectorAll('input[type=radio]').forEach(input => { input.name = box.tkName; });
  });

  /* A control that was disabled or removed while it had the focus gives it back, or hands it to its neighbour. */
  const alike = control => Array.from((control.closest('.tk-field') || form).querySelectorAll(control.tagName))
    .filter(it => it.textContent === control.textContent);
  const rowsOf = field => Array.from(field.querySelectorAll('.tk-row'));
  let last = null, added = null, timer = 0;
  form.addEventListener('focusin', event => {
    const control = event.target;
    if (!control.closest('.tk-add')) added = null; /* the user went on before the row was drawn */
    last = { control, field: control.closest('.tk-field') || form, index: alike(control).indexOf(control) };
  });
  form.addEventListener('focusout', event => {
    if (event.target.disabled) return; /* a busy page may enable it again before the next lines run */
    const left = last;
    setTimeout(() => {
      const isHere = left && left.control.isConnected && !left.control.disabled;
      if (last === left && isHere && document.activeElement !== left.control) last = null;
    });
  });
  form.addEventListener('click', event => {
    const button = event.target.closest('.tk-add');
    if (!button) return;
    const field = button.closest('.tk-field') || form;
    added = { field, count: rowsOf(field).length };
  });
  const focus = control => { if (control) control.focus(); };
  const restore = () => {
    group();
    const active = document.activeElement;
    if (added && rowsOf(added.field).length > added.count) {
      const row = rowsOf(added.field).pop();
      added = null;
      focus(row.querySelector('input, textarea, select'));
      return;
    }
    if (!last || !(active === document.body || active.contains(form))) return;
    const { control, field, index } = last;
    if (control.isConnected) {
      if (!control.disabled) focus(control);
      return;
    }
    const others = Array.from(field.querySelectorAll(control.tagName)).filter(it => !it.disabled);
    const same = others.filter(it => it.textContent === control.textContent);
    focus(same[Math.min(index, same.length - 1)] || others[0]);
  };
  /* Rows are drawn one after the other, so this waits for a pause; but a live view never pauses. */
  let due = 0;
  const observer = new MutationObserver(() => {
    const now = performance.now();
    due = due || now + 500;
    clearTimeout(timer);
    timer = setTimeout(() => { due = 0; restore(); }, Math.max(0, Math.min(50, due - now)));
  });
  observer.observe(form, { subtree: true, childList: true, attributes: true, attributeFilter: ['disabled'] });
  group();
})(this);
